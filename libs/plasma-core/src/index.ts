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
export { executeWrite, MAX_WRITE_ROWS } from "./mutators/execute-write.ts";
export { invokeMutator, requireMutator, validateArgs } from "./mutators/invoke-mutator.ts";
export type { MutatorCall } from "./mutators/invoke-mutator.ts";
export type { InferInput, InferOutput, StandardSchemaV1 } from "./mutators/standard-schema.ts";
export { checkUnique } from "./mutators/unique.ts";
export { filterRowsWith } from "./mutators/write-store.ts";
export type { RowChange, WriteStore } from "./mutators/write-store.ts";

export { decodeTagged, encodeTagged } from "./protocol/tagged-json.ts";
export { MAX_PULL_CLIENTS } from "./protocol/limits.ts";
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
  ResetReason,
  ServerMessage,
  TicketRequest,
  TicketResponse,
  WireMutation,
} from "./protocol/wire.ts";

export { accumulator } from "./query/accumulator.ts";
export type { Accumulator } from "./query/accumulator.ts";
export { needsGroups } from "./query/analyze-groups.ts";
export { analyzeSelect, checkCondition, sameOperand } from "./query/analyze.ts";
export type { AnalyzedSelect, AnalyzedSource, Output, ResultShape } from "./query/analyze.ts";
export { fieldsOfTable } from "./query/field.ts";
export type { Field } from "./query/field.ts";
export type {
  AggregateFunction,
  AggregateOperand,
  ColumnOperand,
  CompareOp,
  Condition,
  Join,
  Operand,
  OrderTerm,
  ProjectionField,
  SelectAst,
  Source,
  Value,
  ValueOperand,
} from "./query/ast.ts";
export { overflow } from "./query/aggregate-values.ts";
export { avg, colRef, count, countDistinct, max, min, sum } from "./query/aggregates.ts";
export { REAL_STEPS, REAL_TOTAL_LIMIT } from "./query/real-total.ts";
export { compareForSort, compareText, compareValues, valueKey } from "./query/compare.ts";
export { mutatorDb, readDb } from "./query/db.ts";
export type { MutatorDb, ReadDb, MutatorRunner } from "./query/db.ts";
export { conjunctsOf, equalitiesOf } from "./query/equalities.ts";
export type { Equality } from "./query/equalities.ts";
export {
  compareCandidates,
  compareRows,
  evaluateCondition,
  evaluateSelect,
  hasRow,
  requireShown,
  rowMatches,
  shapeRow,
} from "./query/evaluate.ts";
export type { Candidate, ConditionOptions, RowSource, Scope, Truth } from "./query/evaluate.ts";
export {
  and,
  asc,
  between,
  conditionFromAst,
  desc,
  eq,
  exists,
  gt,
  gte,
  ilike,
  inArray,
  isCondition,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  ne,
  not,
  notInArray,
  or,
} from "./query/expression.ts";
export type { Aggregate, AnyExpression, ColumnRef, Expression } from "./query/operand.ts";
export { explainedSelects } from "./query/explained-selects.ts";
export { adviseIndex } from "./query/index-advice.ts";
export type { IndexAdvice } from "./query/index-advice.ts";
export { escapeLike, normalizePattern } from "./query/like.ts";
export type { LiveDelta, LiveQuery, LiveQueryStatus } from "./query/live-query.ts";
export type { PlanStep, QueryPlan, TableAccess } from "./query/query-plan.ts";
export { evaluateRelational, runRelational, selectsOf } from "./query/relational.ts";
export type {
  FindWindow,
  FoundRow,
  RelationalDb,
  RelationalQuery,
  TableQueries,
} from "./query/relational.ts";
export type { QueryAst, RelatedAst, RelationalAst } from "./query/relational-ast.ts";
export { relationsOf } from "./query/relations.ts";
export type { ManyRelations, OneRelations, Relation } from "./query/relations.ts";
export { select, selectDistinct, tableQuery } from "./query/select.ts";
export type {
  ResultRow,
  SelectFrom,
  Selection,
  SelectMethods,
  SelectQuery,
  SelectRunner,
} from "./query/select.ts";
export {
  aggregatesOf,
  operandsOfCondition,
  outerColumnsOfCondition,
  readingsOf,
  RULE_ROW,
  sourcesOf,
  tablesOfCondition,
  tablesOfSelect,
  walkCondition,
} from "./query/walk.ts";
export { canCompare, isComparable, typeOfKind, typeOfValue } from "./query/value-type.ts";
export type { ValueType } from "./query/value-type.ts";
export type {
  DeleteAst,
  GivenValues,
  IncrementAst,
  InsertAst,
  OnConflict,
  UpdateAst,
  WriteAst,
} from "./query/write-ast.ts";
export type {
  ConflictUpdate,
  FilteredWrite,
  InsertQuery,
  NumericColumn,
  ReturningWrite,
  WriteMethods,
  WriteOutcome,
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
  KnownDocument,
  OnDelete,
  Reference,
  FileOptions,
} from "./schema/column.ts";
export {
  crdtCounter,
  crdtLwwRegister,
  crdtOrSet,
  crdtPnCounter,
  file,
} from "./schema/document-column.ts";
export type {
  CrdtCounter,
  CrdtLwwRegister,
  CrdtOrSet,
  CrdtPnCounter,
  FileRef,
} from "./schema/document-column.ts";
export type { Rule, RuleRow, RuleSet } from "./schema/rule.ts";
export { completeRow, MAX_INDEX_ENTRY_SIZE, MAX_ROW_SIZE, patchRow } from "./schema/row.ts";
export { decodeCell, decodeRow, encodeCell, encodeRow } from "./schema/row-codec.ts";
export type { JsonRow } from "./schema/row-codec.ts";
export { isLocalOnly } from "./schema/local-only.ts";
export { syncedSchema, syncedTables } from "./schema/synced-schema.ts";
export { requireRunnable } from "./schema/runnable.ts";
export { checkValue, INT64_MAX, INT64_MIN, MAX_CELL_SIZE } from "./schema/value.ts";
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
} from "./schema/table.ts";
export { storageRef } from "./schema/table-options.ts";
export type {
  ConflictingRows,
  ConflictResolver,
  StorageRef,
  TableOptions,
} from "./schema/table-options.ts";
