/** As much of an npm registry as `npm view` and `npm publish` ask for. It keeps what was published, in its order. */
import { createServer } from "node:http";

export async function startRegistry() {
  /** What was published: `name@version`. */
  const published = [];
  const packages = new Map();
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname } = new URL(request.url, "http://localhost");
    const name = decodeURIComponent(pathname.slice(1));
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method === "PUT") {
      const sent = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      const known = packages.get(name) ?? { ...sent, versions: {} };
      Object.assign(known.versions, sent.versions);
      packages.set(name, known);
      published.push(...Object.keys(sent.versions).map((version) => `${name}@${version}`));
      return answer(201, {});
    }
    const found = packages.get(name);
    if (!found) return answer(404, { error: "Not found" });
    answer(200, found);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${server.address().port}`;
  return {
    published,
    manifestOf: (name, version) => packages.get(name)?.versions[version],
    env: {
      npm_config_registry: `http://${host}/`,
      [`npm_config_//${host}/:_authToken`]: "a-token-of-the-tests",
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
