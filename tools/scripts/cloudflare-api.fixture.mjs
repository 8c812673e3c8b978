/**
 * As much of Cloudflare's API as deployments of the worker and their removal ask for, so that the real wrangler can be run
 * without an account. It keeps what it is told, and writes down each request.
 */
import { createServer } from "node:http";
import Database from "better-sqlite3";

const NO_SUCH_WORKER = {
  status: 404,
  errors: [{ code: 10007, message: "This Worker does not exist on your account." }],
};

export async function startCloudflareApi() {
  const account = {
    databases: [],
    /** What is in all D1 databases: they are one. */
    d1: new Database(":memory:"),
    projects: [],
    /** Workers by name, each as it was last uploaded: a multipart form. */
    workers: new Map(),
    /** Those of the previews of the Pages project. */
    deployments: [],
    requests: [],
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const { pathname } = new URL(request.url, "http://localhost");
    const path = pathname.replace(/^\/client\/v4\/accounts\/[^/]+/, "");
    account.requests.push(`${request.method} ${path}`);
    const { status = 200, ...answer } = answerTo(account, `${request.method} ${path}`, body);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(envelope(answer)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    account,
    /** For the environment of a deployment; the worker's own address is this server's too. */
    env: {
      CLOUDFLARE_API_BASE_URL: `${origin}/client/v4`,
      CLOUDFLARE_API_TOKEN: "a-token-of-the-tests",
      CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
      PLASMA_SYNC_URL: origin,
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function answerTo(account, asked, body) {
  const { databases, d1, projects, deployments } = account;
  const [, method = "", worker, of = ""] =
    /^(\w+) \/workers\/(?:scripts|services)\/([^/]+)(.*)$/.exec(asked) ?? [];
  if (worker) return answerOfWorker(account, worker, { asked: `${method} ${of}`, body });
  if (/^POST \/d1\/database\/[^/]+\/query$/.test(asked)) {
    const statements = JSON.parse(body).sql.split(";\n");
    return {
      result: statements.map((sql) => ({
        success: true,
        meta: {},
        results: d1.prepare(sql).all(),
      })),
    };
  }
  const [, deleted] =
    /^DELETE \/(?:d1\/database|pages\/projects\/.*\/deployments)\/(.*)$/.exec(asked) ?? [];
  if (deleted) {
    account.databases = databases.filter(({ uuid }) => uuid !== deleted);
    account.deployments = deployments.filter(({ id }) => id !== deleted);
    return {};
  }
  switch (asked) {
    case "GET /health":
      return { result: { ok: true } };
    case "GET /d1/database":
      return { result: databases };
    case "POST /d1/database": {
      const uuid = `11111111-2222-4333-8444-55555555555${5 + databases.length}`;
      const made = { name: JSON.parse(body).name, uuid };
      databases.push(made);
      return { result: made };
    }
    case "GET /pages/projects":
      return { result: projects };
    case "POST /pages/projects": {
      const { name } = JSON.parse(body);
      // The plain name is somebody else's.
      const domains = [`${name}-4nz.pages.dev`];
      const made = { name, domains, subdomain: domains[0], created_on: "2026-04-01T00:00:00Z" };
      projects.push(made);
      return { result: made };
    }
    case "GET /pages/projects/plasma-todo/deployments":
      return { result: deployments };
    case "GET /workers/subdomain":
      return { result: { subdomain: "tests" } };
    case "GET /workers/scripts":
      return { result: [...account.workers.keys()].map((id) => ({ id })) };
    default:
      return NO_SUCH_WORKER;
  }
}

function answerOfWorker({ workers }, name, { asked, body }) {
  if (asked === "PUT ") {
    workers.set(name, body);
    return { result: { id: name, deployment_id: "1", startup_time_ms: 1 } };
  }
  if (!workers.has(name)) return NO_SUCH_WORKER;
  switch (asked) {
    case "DELETE ":
      workers.delete(name);
      return {};
    case "PUT /schedules":
      return { result: { schedules: [] } };
    case "POST /subdomain":
    case "GET /subdomain":
      return { result: { enabled: true, previews_enabled: false } };
    case "GET /secrets":
      return { result: [{ name: "SESSION_SECRET", type: "secret_text" }] };
    default:
      return NO_SUCH_WORKER;
  }
}

function envelope({ result = null, errors = [] }) {
  const result_info = { page: 1, per_page: 100, count: 1, total_count: 1, total_pages: 1 };
  return { success: errors.length === 0, result, errors, messages: [], result_info };
}
