/** Who may read and write a row, as it follows from what the row refers to. */

/**
 * @typedef {object} Access
 * @property {"members" | "owner"} kind
 * @property {string} column The reference that decides.
 */

/** The columns with an owner added if nothing else says whose a row is, and the access that follows. */
export function accessOf(columns, { hasLists }) {
  const toList = columns.find(({ target, nullable }) => target === "lists" && !nullable);
  if (toList && hasLists) return { columns, access: { kind: "members", column: toList.name } };
  const toUser = columns.find(({ target, nullable }) => target === "users" && !nullable);
  if (toUser) return { columns, access: { kind: "owner", column: toUser.name } };
  const owner = {
    name: "ownerId",
    type: "ref",
    target: "users",
    nullable: false,
    unique: false,
    index: false,
  };
  if (columns.some(({ name }) => name === owner.name)) {
    throw new Error(
      'Nothing says whose a row is, and "ownerId" is taken. Let it be ownerId:ref:users, not nullable.',
    );
  }
  return { columns: [...columns, owner], access: { kind: "owner", column: owner.name } };
}

/** The rule, as it is written in the schema. */
export function ruleOf({ kind, column }) {
  return kind === "members"
    ? `(ctx: Ctx, row) => isMember(ctx, row.${column})`
    : `(ctx: Ctx, row) => eq(row.${column}, ctx.userId)`;
}
