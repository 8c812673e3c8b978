/**
 * A private Postgres for tests, if its programs are installed: up in less than a second, gone without a trace.
 *
 *   node tools/scripts/postgres.mjs       runs one until Ctrl-C, and says how to connect
 *
 * 1. It listens on a unix socket in a directory of its own; nothing else on the machine sees it.
 * 2. Nothing in it outlives it, so it never waits for the disk.
 * 3. It ends with the process that started it, however that ends (`process-group.mjs`). A directory that could not
 *    be removed then is removed by the next one.
 */
import { execFile } from "node:child_process";
import {
  accessSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Complaint, runMain } from "./complaint.mjs";
import { endGroupsOnSignal, startGroup } from "./process-group.mjs";

const PREFIX = "plasma-postgres-";
const READY_MS = 30_000;

/** What a crash of the machine would cost does not matter to a test. */
const FORGETFUL = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

const SETTINGS = {
  listen_addresses: "",
  // In the data directory instead of /dev/shm, where a crash would leave them.
  dynamic_shared_memory_type: "mmap",
  max_connections: "50",
  timezone: "UTC",
  lc_messages: "C",
};

/** @returns {string | undefined} the directory of Postgres' programs, the newest version first. */
export function findPostgres(env = process.env) {
  const chosen = env.PLASMA_POSTGRES_BIN;
  if (chosen) {
    if (hasPrograms(chosen)) return chosen;
    throw new Complaint(`PLASMA_POSTGRES_BIN names ${chosen}, which has no initdb and postgres.`);
  }
  // Its server refuses to run as root, and there it needs Debian's user.
  if (isRoot() && !hasPostgresUser()) return undefined;
  const onPath = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return [...versions("/usr/lib/postgresql"), ...versions("/opt/homebrew/opt"), ...onPath].find(
    hasPrograms,
  );
}

/**
 * @returns {Promise<{ host: string, user: string, database: string, stop: () => Promise<void> }>}
 *   `host` is the directory of the socket. `isDurable`: commits wait for the disk, as they do by default.
 */
export async function startPostgres(bin = findPostgres(), { isDurable = false } = {}) {
  if (!bin) throw new Complaint("Postgres is not installed. On Debian: apt-get install postgresql");
  removeLeftovers();
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", removeDirectory);
  try {
    if (isRoot()) chownSync(directory, ...idsOfPostgres());
    const data = join(directory, "data");
    await init(bin, data);
    const server = await serve(bin, { data, directory, isDurable });
    return {
      host: directory,
      user: "postgres",
      database: "postgres",
      async stop() {
        await server.stop();
        removeDirectory();
        process.off("exit", removeDirectory);
      },
    };
  } catch (error) {
    removeDirectory();
    process.off("exit", removeDirectory);
    throw error;
  }
}

async function init(bin, data) {
  const args = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"];
  const [command, ...rest] = asPostgres(join(bin, "initdb"), [...args, "--locale=C.UTF-8"]);
  await promisify(execFile)(command, rest, { cwd: "/" }).catch(async () => {
    // Not every system has C.UTF-8; C differs in what upper case is, and no test asks for that.
    const [again, ...others] = asPostgres(join(bin, "initdb"), [...args, "--locale=C"]);
    rmSync(data, { recursive: true, force: true });
    await promisify(execFile)(again, others, { cwd: "/" });
  });
}

async function serve(bin, { data, directory, isDurable }) {
  const settings = Object.entries({
    ...SETTINGS,
    ...(!isDurable && FORGETFUL),
    unix_socket_directories: directory,
  });
  const args = ["-D", data, ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`])];
  const [command, ...rest] = asPostgres(join(bin, "postgres"), args);
  let tellReady;
  const ready = new Promise((resolve) => (tellReady = resolve));
  const server = startGroup({
    name: "Postgres",
    command,
    args: rest,
    cwd: "/",
    onLine: (line) => {
      if (line.includes("ready to accept connections")) tellReady("ready");
    },
  });
  const timeout = setTimeout(() => tellReady("late"), READY_MS);
  const outcome = await Promise.race([ready, server.exited.then(() => "exited")]);
  clearTimeout(timeout);
  if (outcome !== "ready") {
    await server.kill();
    throw new Complaint(`Postgres did not start:\n${server.tail()}`);
  }
  return {
    async stop() {
      // "Immediate": it lets go of its shared memory and does not wait for its clients.
      if (server.isRunning()) signal(pidIn(join(data, "postmaster.pid")), "SIGQUIT");
      await Promise.race([
        server.exited,
        new Promise((resolve) => setTimeout(resolve, 5_000).unref()),
      ]);
      await server.kill();
    },
  };
}

/** As root, the programs run as the user that Debian's package makes. */
function asPostgres(program, args) {
  return isRoot() ? ["runuser", "-u", "postgres", "--", program, ...args] : [program, ...args];
}

function idsOfPostgres() {
  const [, , uid, gid] = postgresEntry().split(":");
  return [Number(uid), Number(gid)];
}

function hasPostgresUser() {
  return postgresEntry() !== "";
}

function postgresEntry() {
  try {
    const entries = readFileSync("/etc/passwd", "utf8").split("\n");
    return entries.find((line) => line.startsWith("postgres:")) ?? "";
  } catch {
    return "";
  }
}

function isRoot() {
  return process.platform !== "win32" && userInfo().uid === 0;
}

function versions(root) {
  try {
    return readdirSync(root)
      .filter((name) => /^(postgresql@?)?\d*$/.test(name))
      .sort((a, b) => Number(b.replace(/\D/g, "")) - Number(a.replace(/\D/g, "")))
      .map((name) => join(root, name, "bin"));
  } catch {
    return [];
  }
}

function hasPrograms(directory) {
  try {
    for (const program of ["initdb", "postgres"])
      accessSync(join(directory, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Of processes that were killed before they could clean up. */
function removeLeftovers() {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const directory = join(tmpdir(), name);
    const server = pidIn(join(directory, "data", "postmaster.pid"));
    if (server === undefined || signal(server, 0)) continue;
    rmSync(directory, { recursive: true, force: true });
  }
}

function pidIn(file) {
  try {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there was somebody to send it to. */
function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => {
    endGroupsOnSignal();
    const { host, user, database } = await startPostgres();
    console.log(`psql -h ${host} -U ${user} ${database}`);
    await new Promise(() => {});
  });
}
