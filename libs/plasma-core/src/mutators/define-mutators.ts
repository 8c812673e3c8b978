/**
 * Mutators: named functions that change rows, run on the client at once and on the server with authority.
 *
 * They must be deterministic in their args: ids come from `client.newId()`, times from args.
 */

import { PlasmaDefinitionError } from "../errors.ts";
import type { MutatorDb } from "../query/db.ts";
import type { Schema } from "../schema/schema.ts";
import { checkName } from "../schema/name.ts";
import { isStandardSchema } from "./standard-schema.ts";
import type { InferOutput, StandardSchemaV1 } from "./standard-schema.ts";

// Inference only: a mutator written by itself may leave the schema out.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnySchema = any;

export interface MutatorInput<Ctx, Args, S extends Schema = AnySchema> {
  /** Reads what the person may read and writes what they may write, its own writes included. */
  readonly db: MutatorDb<S>;
  readonly args: Args;
  readonly ctx: Ctx;
  /** The replica that made this mutation, and its number there. */
  readonly clientID: string;
  readonly mutationID: number;
  /**
   * Only on the server: reads and writes without asking the rules, for invitations and the like.
   * Undefined while the mutator runs on a client, which then shows nothing until the server has decided.
   */
  readonly unrestrictedDb?: MutatorDb<S>;
}

export type MutatorFunction<Ctx, Args, S extends Schema = AnySchema> = (
  input: MutatorInput<Ctx, Args, S>,
) => void | Promise<void>;

/** A mutator with a validator (args are checked and inferred from it), or just the function. */
export type MutatorDefinition<Ctx, V, S extends Schema = AnySchema> =
  | { readonly args: V; readonly run: MutatorFunction<Ctx, InferOutput<V>, S> }
  | MutatorFunction<Ctx, V, S>;

/** A mutator as the engine sees it, its validator resolved. */
export interface Mutator<Ctx = unknown, Input = unknown, Args = Input> {
  /** Undefined for a mutator given as a plain function: its args are then only checked for being storable. */
  readonly args: StandardSchemaV1<Input, Args> | undefined;
  readonly run: MutatorFunction<Ctx, Args>;
  /** Types only; never present at run time. */
  readonly $input?: Input;
}

// Inference only: `run` is contravariant in the context and the args.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyMutators = Readonly<Record<string, Mutator<any, any, any>>>;

/** What `client.mutate(name, args)` takes: the validator's input. */
export type MutatorArgs<M extends AnyMutators, K extends keyof M> =
  M[K] extends Mutator<infer _C, infer Input, infer _A> ? Input : never;

/** From what was inferred for each name: `V[K]` is the validator, or the args type of a plain function. */
export type Mutators<Ctx, V> = {
  readonly [K in keyof V]: V[K] extends StandardSchemaV1<infer Input, infer Output>
    ? Mutator<Ctx, Input, Output>
    : Mutator<Ctx, V[K], V[K]>;
};

/**
 * Declares the mutators of an app. A mutator is `{ args: validator, run }`, where any Standard Schema serves as the
 * validator and types `args`, or just the function.
 *
 * ```ts
 * const mutators = defineMutators<typeof schema, Ctx>()({
 *   addTodo: {
 *     args: z.object({ id: z.string(), title: z.string() }),
 *     run: async ({ db, args }) => { await db.insert(todos).values(args); },
 *   },
 * });
 * ```
 */
export function defineMutators<S extends Schema, Ctx = unknown>() {
  return <V extends Record<string, unknown>>(definitions: {
    readonly [K in keyof V]: MutatorDefinition<Ctx, V[K], S>;
  }): Mutators<Ctx, V> => {
    // Without a prototype, so that no name from outside can reach "toString" and the like.
    const mutators = Object.create(null) as Record<string, Mutator>;
    if (typeof definitions !== "object" || definitions === null) {
      throw new PlasmaDefinitionError(
        "defineMutators()() takes an object of mutators: defineMutators<typeof schema>()({ addTodo: … }).",
      );
    }
    for (const [name, definition] of Object.entries<unknown>(definitions)) {
      checkName("mutator", name);
      mutators[name] = toMutator(name, definition);
    }
    return Object.freeze(mutators) as Mutators<Ctx, V>;
  };
}

function toMutator(name: string, definition: unknown): Mutator {
  if (typeof definition === "function") {
    return Object.freeze({ args: undefined, run: definition as Mutator["run"] });
  }
  const { args, run } = (definition ?? {}) as { args?: unknown; run?: unknown };
  if (typeof run !== "function" || !isStandardSchema(args)) {
    throw new PlasmaDefinitionError(
      `Mutator "${name}" must be a function, or { args, run } with a Standard Schema (Zod, Valibot, ArkType, …) as args.`,
    );
  }
  return Object.freeze({ args, run: run as Mutator["run"] });
}
