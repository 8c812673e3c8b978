/** The part of the Standard Schema interface (version 1) that the engine uses. Zod, Valibot, ArkType and others implement it. */

export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type InferInput<V> = V extends StandardSchemaV1<infer Input, unknown> ? Input : never;
export type InferOutput<V> =
  V extends StandardSchemaV1<infer _Input, infer Output> ? Output : never;

/** Some libraries' schemas are objects, others' are functions. */
export function isStandardSchema(candidate: unknown): candidate is StandardSchemaV1 {
  if (candidate === null) return false;
  if (typeof candidate !== "object" && typeof candidate !== "function") return false;
  const standard = (candidate as Partial<StandardSchemaV1>)["~standard"];
  return typeof standard?.validate === "function";
}

/** `title: Too short` – an issue as one readable line. */
export function describeIssue(issue: StandardIssue): string {
  const path = (issue.path ?? [])
    .map((part) => String(typeof part === "object" ? part.key : part))
    .join(".");
  return path ? `${path}: ${issue.message}` : issue.message;
}
