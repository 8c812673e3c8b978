/**
 * Keeps `npm start` and `npm run preview` from running twice in one clone, where both would write to `.plasma/`.
 *
 * The one that runs listens on a socket whose name follows from the folder, and tells whoever connects what it is. The
 * system closes the socket with its process, however that ends, so that nobody is taken for running who is not.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Complaint } from "./complaint.mjs";

/** A process that is installing packages does not answer before it has done so. */
const ANSWER_TIMEOUT_MS = 2_000;

/**
 * Claims a folder, or throws a sentence that says who has it.
 *
 * @param {string} folder
 * @param {{ command: string, url: string }} running What to tell those who come later.
 */
export async function claimFolder(folder, { command, url }) {
  const path = socketOf(folder);
  const answer = JSON.stringify({ command, url, pid: process.pid });
  for (const isLastTry of [false, true]) {
    const { server, error } = await listen(path, answer);
    if (server) return keepUntilTheEnd(server, path);
    // Without it, two would meet at a port at the latest.
    if (error.code !== "EADDRINUSE") return;
    const other = await ask(path);
    if (other) throw new Complaint(alreadyRunning(other));
    if (!isLastTry) rmSync(path, { force: true });
  }
}

function alreadyRunning({ command, url, pid }) {
  if (!url) {
    return "This clone is being started by another `npm start` or `npm run preview`. Wait for it, or end it with Ctrl-C in its terminal.";
  }
  const kill = process.platform === "win32" ? `taskkill /pid ${pid}` : `kill ${pid}`;
  return `This clone is already running at ${url} (\`${command}\`). Stop it with Ctrl-C in its terminal, or with \`${kill}\`, before you start it again.`;
}

/** Not in the folder itself: the name of a socket may have about a hundred characters. */
function socketOf(folder) {
  const name = `plasma-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(path, answer) {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {}); // Whoever asked has gone.
      socket.end(answer);
    });
    server.once("error", (error) => resolve({ error }));
    server.listen(path, () => resolve({ server }));
  });
}

function keepUntilTheEnd(server, path) {
  server.unref();
  if (process.platform === "win32") return;
  process.once("exit", () => rmSync(path, { force: true }));
}

/** What the one that listens says, nothing if there is none, and nothing in it if it does not answer. */
function ask(path) {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path);
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    const finish = (other) => {
      socket.destroy();
      resolve(other);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish({}));
    socket.once("error", () => finish(undefined));
    socket.once("end", () => finish(parsed(text)));
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
