/** Schema, queries, mutators and the wire protocol of plasma: pure code, no I/O. */

export { bindRule, tablesWithoutRule } from "./auth/bind-rule.ts";
export type { AuthorizePolicy, BoundRule, RuleKind } from "./auth/bind-rule.ts";

export {
  MutationRefused,
  PlasmaAuthorizationError,
  PlasmaDefinitionError,
  PlasmaError,
  PlasmaValidationError,
} from "./errors.ts";
export type { ErrorBody, PlasmaErrorOptions } from "./errors.ts";

export { defineMutators } from "./mutators/define-mutators.ts";
export type {
  AnyMutators,
  Mutator,
  MutatorArgs,
  MutatorDefinition,
  MutatorFunction,
  MutatorInput,
  Mutators,
} from "./mutators/define-mutators.ts";
export { executeWrite } from "./mutators/execute-write.ts";
export type { RowChange, WriteStore } from "./mutators/write-store.ts";
export { invokeMutator, requireMutator, validateArgs } from "./mutators/invoke-mutator.ts";
export type { MutatorCall } from "./mutators/invoke-mutator.ts";
export type { InferInput, InferOutput, StandardSchemaV1 } from "./mutators/standard-schema.ts";

export { decodeTagged, encodeTagged } from "./protocol/tagged-json.ts";
export {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  DISCARDED_CODE,
  NOOP_MUTATOR,
  PROTOCOL_VERSION,
  SOCKET_PROTOCOL,
  TICKET_PROTOCOL_PREFIX,
} from "./protocol/wire.ts";
export type {
  ErrorResponse,
  Handshake,
  MutationResult,
  PatchOperation,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  Rejection,
  ServerMessage,
  TicketRequest,
  TicketResponse,
  WireMutation,
} from "./protocol/wire.ts";

export { RULE_ROW, tablesOfCondition, tablesOfSelect } from "./query/ast.ts";
export type {
  ColumnOperand,
  CompareOp,
  Condition,
  Operand,
  OrderTerm,
  SelectAst,
  TableSource,
  Value,
  ValueOperand,
  WriteAst,
} from "./query/ast.ts";
export { compareForSort, compareText, compareValues } from "./query/compare.ts";
export { mutatorDb, readDb } from "./query/db.ts";
export type { MutatorDb, ReadDb } from "./query/db.ts";
export {
  compareRows,
  evaluateCondition,
  evaluateSelect,
  hasRow,
  rowMatches,
} from "./query/evaluate.ts";
export type { ConditionOptions, RowSource, Scope, Truth } from "./query/evaluate.ts";
export {
  and,
  asc,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isCondition,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  ne,
  not,
  or,
} from "./query/expression.ts";
export { escapeLike } from "./query/like.ts";
export type { LiveQuery, LiveQueryStatus } from "./query/live-query.ts";
export { select } from "./query/select.ts";
export type { SelectFrom, SelectQuery, SelectRunner } from "./query/select.ts";
export type {
  FilteredWrite,
  WriteMethods,
  WriteQuery,
  WriteResult,
  WriteRunner,
} from "./query/write.ts";

export {
  bigint,
  blob,
  boolean,
  id,
  int,
  isColumn,
  json,
  real,
  ref,
  text,
  timestamp,
} from "./schema/column.ts";
export type {
  AnyColumn,
  Column,
  ColumnKind,
  ColumnRecord,
  Json,
  OnDelete,
  Reference,
} from "./schema/column.ts";
export type { Rule, RuleRow, RuleSet } from "./schema/rule.ts";
export { completeRow, MAX_ROW_SIZE, patchRow } from "./schema/row.ts";
export { decodeCell, decodeRow, encodeCell, encodeRow } from "./schema/row-codec.ts";
export type { JsonRow } from "./schema/row-codec.ts";
export { checkValue, MAX_CELL_SIZE } from "./schema/value.ts";
export { defineSchema, requireColumn, requireTable } from "./schema/schema.ts";
export type { IncomingReference, Schema, SchemaTables } from "./schema/schema.ts";
export { alias, isTable, table, tableInfo } from "./schema/table.ts";
export type {
  AnyTable,
  InferInsertRow,
  InferRow,
  InferUpdateRow,
  Row,
  Table,
  TableColumns,
  TableInfo,
  TableName,
  TableOptions,
} from "./schema/table.ts";
