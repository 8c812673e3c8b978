/** What the worker is given: the bindings of wrangler.jsonc, its variables, and the secret SESSION_SECRET. */

import type { CoordinatorNamespace } from "@sh1n4ps/plasma-server/coordinator";
import type { Settings } from "./config.ts";

export interface Env extends Settings {
  readonly DB: D1Database;
  readonly COORDINATOR: CoordinatorNamespace;
}
