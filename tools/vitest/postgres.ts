/** Runs one Postgres beside a project's tests, if it is installed. `inject("postgres")` says how to reach it. */
import type { TestProject } from "vitest/node";
import { findPostgres, startPostgres } from "../scripts/postgres.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    postgres: { readonly host: string; readonly user: string; readonly database: string } | null;
  }
}

export default async function setup(project: TestProject) {
  const bin = findPostgres();
  if (!bin) {
    console.warn(
      "Postgres is not installed, so what is to run on Postgres runs on PGlite. On Debian: apt-get install postgresql",
    );
    project.provide("postgres", null);
    return;
  }
  const { stop, host, user, database } = await startPostgres(bin);
  project.provide("postgres", { host, user, database });
  return stop;
}
