/** Who is asking: the context that rules and mutators get, on the client and on the server. */

export interface Ctx {
  readonly userId: string;
}
