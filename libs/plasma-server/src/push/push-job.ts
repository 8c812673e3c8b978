/** What the steps of one push share. */

import type { PushRequest, WireMutation } from "@sh1n4ps/plasma-core";
import type { ConflictSource } from "../db/conflicts.ts";
import type { Rules } from "../db/rules.ts";
import type { Engine } from "../engine.ts";
import { StorageFailure } from "../errors.ts";
import type { Identity } from "../options.ts";
import type { TimeLimit } from "./time-limit.ts";

export interface PushJob {
  readonly engine: Engine;
  readonly identity: Identity;
  readonly request: PushRequest;
  readonly rules: Rules;
  readonly conflicts: ConflictSource;
  /** For each of its mutators. */
  readonly limit: TimeLimit;
}

export interface MutationJob extends PushJob {
  readonly mutation: WireMutation;
}

export async function inStorage<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new StorageFailure("Reading from the database failed.", { cause });
  }
}
