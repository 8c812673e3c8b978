/** The packages that generated code needs, in the versions with which it was tried. */

import { readFileSync } from "node:fs";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

const plasma = (...names) =>
  Object.fromEntries(names.map((name) => [`@sh1n4ps/plasma-${name}`, version]));

export const dependencies = { ...plasma("core", "server"), zod: "4.6.7" };

/** Also, where an app gets a provider. */
export const appDependencies = plasma("client", "react");

export const devDependencies = {
  ...plasma("nx"),
  "@cloudflare/workers-types": "4.20260426.1",
  typescript: "5.9.3",
  vitest: "4.1.12",
  wrangler: "4.86.0",
};
