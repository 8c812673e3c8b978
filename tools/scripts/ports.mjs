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

/** What listens where when nobody chose a port: none of them is a good one for anything else. */
export const defaultPorts = { app: 3000, sync: 8787, preview: 8788 };

/**
 * Throws a sentence naming the port and the variable that changes it, unless all of them are free.
 *
 * @param {{ port: number, name: string, envName: string }[]} wanted
 */
export async function assertPortsFree(wanted) {
  const ports = wanted.map(({ port }) => port);
  const avoid = new Set([...Object.values(defaultPorts), ...ports]);
  for (const [at, { port, name, envName }] of wanted.entries()) {
    const other = wanted[ports.indexOf(port)];
    if (other !== wanted[at]) {
      throw new Complaint(
        `Port ${port} cannot be that of both ${other.name} and ${name}. Set ${other.envName} or ${envName} to another one, for example ${envName} to ${await freePortAfter(port, avoid)}.`,
      );
    }
    if (await isPortFree(port)) continue;
    throw new Complaint(
      `Port ${port} is in use by another program, and ${name} needs it. ` +
        `End that program, or choose another port by setting ${envName}, for example to ${await freePortAfter(port, avoid)}.`,
    );
  }
}

async function freePortAfter(port, avoid) {
  // Few systems listen on so many in a row, and an advice is no promise.
  for (let other = port + 1; other < Math.min(port + 100, 65_536); other++) {
    if (!avoid.has(other) && (await isPortFree(other))) return other;
  }
  return await anyFreePort();
}

/** A port that was free a moment ago, for tests that do not care which. */
export async function anyFreePort() {
  return await listenBriefly(0, "127.0.0.1");
}

/**
 * "localhost" is 127.0.0.1 for one program and ::1 for another, and some systems let a specific
 * address be taken beside a general one: the port is free when it is free on all three.
 */
export async function isPortFree(port) {
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
