/** Which ports the development servers use, and whether they are free. */
import { createServer } from "node:net";
import { Complaint } from "./complaint.mjs";

/** Reads a port from the environment; throws a sentence when it is not one. */
export function portFromEnv(name, fallback, env = process.env) {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Complaint(`${name} must be a port number between 1 and 65535, not "${text}".`);
}

/** Throws a sentence naming the port and the variable that changes it, unless the port is free. */
export async function assertPortFree(port, { name, envName }) {
  if (await isPortFree(port)) return;
  throw new Complaint(
    `Port ${port} is in use by another program, and ${name} needs it. ` +
      `End that program, or choose another port by setting ${envName}, for example to ${port + 1}.`,
  );
}

/** A port that was free a moment ago, for tests that do not care which. */
export async function anyFreePort() {
  return await listenBriefly(0, "127.0.0.1");
}

/**
 * "localhost" is 127.0.0.1 for one program and ::1 for another, and some systems let a specific
 * address be taken beside a general one: the port is free when it is free on all three.
 */
async function isPortFree(port) {
  for (const host of ["::", "127.0.0.1", "::1"]) {
    try {
      await listenBriefly(port, host);
    } catch (error) {
      const hasNoSuchAddress = error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT";
      if (!hasNoSuchAddress) return false;
    }
  }
  return true;
}

function listenBriefly(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address.port));
    });
  });
}
