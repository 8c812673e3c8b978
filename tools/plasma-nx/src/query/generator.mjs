/** `nx g plasma-query`: a query among those that screens use. */

import { formatFiles, joinPathFragments } from "@nx/devkit";
import { capitalized, checkName, inWords } from "../columns.mjs";
import { columnNames, edit, exportsConstant, withExport, withImport } from "../edit.mjs";
import { refuseUnknownOptions } from "../options.mjs";
import { domainOf, fileOfTable, tablesOf } from "../workspace.mjs";

export default async function plasmaQuery(tree, options) {
  refuseUnknownOptions("query", options);
  const { name, table: given, by } = options;
  checkName("query", name);
  const domain = domainOf(tree);
  const queries = joinPathFragments(domain, "src/queries.ts");
  if (exportsConstant(tree.read(queries, "utf8"), name)) {
    throw new Error(`There is a query "${name}" already, in ${queries}.`);
  }
  const table = given ?? tableIn(name, tablesOf(tree, domain));
  const file = fileOfTable(tree, domain, table);
  if (!file) throw new Error(`There is no table "${table}". Mend the name, or generate it first.`);
  const columns = columnNames(
    tree.read(joinPathFragments(domain, "src/tables", file), "utf8"),
    table,
  );
  if (by !== undefined && !columns.includes(by)) {
    throw new Error(`"${table}" has no column "${by}". It has: ${columns.join(", ")}.`);
  }
  edit(tree, queries, (text) => {
    const operators = by === undefined ? ["asc"] : ["asc", "eq"];
    const imported = withImport(text, operators, "@sh1n4ps/plasma-core");
    const typed =
      by === undefined
        ? imported
        : withImport(imported, ["InferRow"], "@sh1n4ps/plasma-core", { isType: true });
    return withImport(typed, [table], `./tables/${file}`) + queryOf({ name, table, by });
  });
  edit(tree, joinPathFragments(domain, "src/index.ts"), (text) =>
    withExport(text, [name], "./queries.ts"),
  );
  await formatFiles(tree);
}

function queryOf({ name, table, by }) {
  const given = by === undefined ? "" : `, ${by}: InferRow<typeof ${table}>["${by}"] & {}`;
  const where = by === undefined ? "" : `.where(eq(${table}.${by}, ${by}))`;
  const what = by === undefined ? "in sight" : `with this ${inWords(by)}`;
  return `
/** ${capitalized(inWords(table))} ${what}. */
export const ${name} = (db: ReadDb${given}) =>
  db.select().from(${table})${where}.orderBy(asc(${table}.id));
`;
}

/** Of "todos" and "todosOfLists", the first one in the name is meant. */
function tableIn(name, tables) {
  const words = name.toLowerCase();
  const found = tables
    .filter((table) => words.includes(table.toLowerCase()))
    .sort((left, right) => words.indexOf(left.toLowerCase()) - words.indexOf(right.toLowerCase()));
  if (found[0]) return found[0];
  throw new Error(
    `"${name}" does not say which table it is about. Say it: --table=…, one of: ${tables.join(", ")}.`,
  );
}
