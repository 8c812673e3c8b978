/** What the app and the worker share: tables, permissions, mutators and queries. */

export type { Ctx } from "./context.ts";
export { demoPeople } from "./demo.ts";
export type { DemoPersonId } from "./demo.ts";
export { demoLists } from "./demo-lists.ts";
export { mutators } from "./mutators.ts";
export type { AppMutators } from "./mutators.ts";
export { invitesOfList, membersOfList, myLists, people, todosOfList } from "./queries.ts";
export type { TodoFilter } from "./queries.ts";
export { schema, SCHEMA_VERSION } from "./schema.ts";
export { invites } from "./tables/invites.ts";
export { lists, members, users } from "./tables/membership.ts";
export { todos } from "./tables/todos.ts";
