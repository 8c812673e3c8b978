/**
 * Leads a process group: runs the program given as arguments, and ends the whole group when the
 * program ends or when whoever started the leader is gone. See `process-group.mjs`.
 */
import { spawn, spawnSync } from "node:child_process";

const [command, ...args] = process.argv.slice(2);

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], windowsHide: true });

// A signal to the group reaches the program as well: the leader waits for what it makes of it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

child.once("error", (error) => {
  console.error(`${command} could not be started: ${error.message}`);
  process.exit(127);
});
child.once("exit", (code, signal) => {
  // Asks what the program left behind to end; whoever started us sees our exit, and insists.
  endGroup("SIGTERM");
  process.exit(code ?? (signal ? 1 : 0));
});

process.stdin.on("end", () => endGroup("SIGKILL"));
process.stdin.on("error", () => endGroup("SIGKILL"));
process.stdin.resume();

function endGroup(signal) {
  if (process.platform === "win32") {
    if (signal === "SIGKILL") {
      spawnSync("taskkill", ["/pid", String(process.pid), "/T", "/F"], { stdio: "ignore" });
    }
    return;
  }
  process.kill(-process.pid, signal);
}
