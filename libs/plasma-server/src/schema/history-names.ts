/** What the history of a table is called. No table of an app can have such a name. */

export function historyTable(table: string): string {
  return `_plasma_history_${table}`;
}

/** Of the history by version. Only SQLite has to be told to use it, so only there it has a name of ours. */
export function versionIndex(table: string): string {
  return `_plasma_history_${table}$_v`;
}
