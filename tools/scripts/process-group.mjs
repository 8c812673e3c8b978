/**
 * Starts programs so that none of their processes outlives us.
 *
 * 1. Each program runs in a process group of its own, led by `group-leader.mjs`. Ending the group
 *    ends everything the program started itself (Next and Miniflare both start processes).
 * 2. The leader holds one end of a pipe. When our process is gone, in whatever way, the pipe
 *    closes, and the leader ends its group. So even SIGKILL leaves nothing behind.
 * 3. A terminal's Ctrl-C reaches only us, not the groups: we end them, in our own order.
 */
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { quietEnv } from "./env.mjs";

const leader = fileURLToPath(new URL("./group-leader.mjs", import.meta.url));
const TAIL_LINES = 40;
const GRACE_MS = 5_000;

/** The groups that are running, so that they can all be ended together. */
const running = new Set();
let stopping = false;

/**
 * @param {{
 *   name: string, command: string, args: string[], cwd?: string, env?: Record<string, string>,
 *   onLine?: (line: string) => void, stopSignal?: "SIGTERM" | "SIGKILL",
 * }} options
 *   `command` and `args` as for `spawn`; `onLine` sees each line of output; `stopSignal` is how the
 *   group is asked to end.
 */
export function startGroup(options) {
  const { name, command, args, cwd, env = {}, onLine, stopSignal = "SIGTERM" } = options;
  if (stopping) throw new Error(`${name} was not started, because everything is being ended.`);
  const child = spawn(process.execPath, [leader, command, ...args], {
    cwd,
    env: quietEnv(env),
    // Detached makes it the leader of a new group (POSIX); its stdin is the pipe of rule 2.
    detached: process.platform !== "win32",
    windowsHide: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines = [];
  const keepLine = (line) => {
    lines.push(line);
    if (lines.length > TAIL_LINES) lines.shift();
    onLine?.(line);
  };
  forEachLine(child.stdout, keepLine);
  forEachLine(child.stderr, keepLine);
  child.stdin.on("error", () => {}); // The leader died first; `exited` tells.

  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, signal: null, error }));
    // The program is gone, but what it started may still hold its output open.
    child.once("exit", () => signalGroup(child.pid, "SIGKILL"));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const group = {
    name,
    pid: child.pid,
    /** Resolves when the program has ended, and with it every process of its group. */
    exited,
    isRunning: () => running.has(group),
    /** The last lines of output. */
    tail: () => lines.join("\n"),
    /** Asks the group to end, and ends it by force when it does not within the grace period. */
    async stop(graceMs = GRACE_MS) {
      if (group.isRunning()) signalGroup(child.pid, stopSignal);
      const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), graceMs);
      await exited;
      clearTimeout(timer);
    },
    /** Ends the group at once, as a crash of the machine would. */
    async kill() {
      if (group.isRunning()) signalGroup(child.pid, "SIGKILL");
      await exited;
    },
  };
  running.add(group);
  void exited.then(() => running.delete(group));
  return group;
}

/** Whether the groups are being ended on purpose, so that their end is nothing to report. */
export const isStopping = () => stopping;

/** Ends every group that is running. */
export async function stopAllGroups() {
  stopping = true;
  await Promise.all([...running].map((group) => group.stop()));
}

/**
 * Ends all groups when we are told to stop, and then exits. A second signal exits at once: the
 * leaders notice and end their groups.
 */
export function endGroupsOnSignal() {
  const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [signal, code] of Object.entries(exitCodes)) {
    process.on(signal, () => {
      if (stopping) process.exit(code);
      void stopAllGroups().finally(() => process.exit(code));
    });
  }
}

function signalGroup(pid, signal) {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore" });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // No process of the group is left.
  }
}

function forEachLine(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk) => {
    const parts = (rest + chunk).split(/\r?\n/);
    rest = parts.pop() ?? "";
    parts.forEach(onLine);
  });
  stream.on("end", () => {
    if (rest) onLine(rest);
  });
}
