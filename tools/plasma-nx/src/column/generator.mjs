/** `nx g plasma-column`: a column of a table that is there. */

import { formatFiles, joinPathFragments } from "@nx/devkit";
import { declarationOf, parseColumn } from "../columns.mjs";
import { columnNames, edit, withColumn, withImport, withIndex } from "../edit.mjs";
import { refuseUnknownOptions } from "../options.mjs";
import { domainOf, fileOfTable } from "../workspace.mjs";

export default async function plasmaColumn(tree, options) {
  refuseUnknownOptions("column", options);
  const { table, column: written } = options;
  const domain = domainOf(tree);
  const file = fileOfTable(tree, domain, table);
  if (!file) throw new Error(`There is no table "${table}". Mend the name, or generate it first.`);
  const column = parseColumn(written);
  if (!column.nullable) {
    throw new Error(
      `Rows that are there already have no value for "${column.name}". Make it ${written}:nullable; once each row has one, runMigrations() can require it.`,
    );
  }
  const folder = joinPathFragments(domain, "src/tables");
  const path = joinPathFragments(folder, file);
  if (columnNames(tree.read(path, "utf8"), table).includes(column.name)) {
    throw new Error(`"${table}" has a column "${column.name}" already.`);
  }
  const target = column.target && fileOfTable(tree, domain, column.target);
  if (column.target && !target)
    throw new Error(`There is no table "${column.target}" to refer to.`);
  edit(tree, path, (text) => {
    const core = "@sh1n4ps/plasma-core";
    let edited = withImport(text, [column.type], core);
    if (column.target === table) edited = withImport(edited, ["AnyColumn"], core, { isType: true });
    if (target && target !== file) edited = withImport(edited, [column.target], `./${target}`);
    edited = withColumn(edited, table, `${column.name}: ${declarationOf(column, { table })}`);
    return column.index ? withIndex(edited, table, `["${column.name}"]`) : edited;
  });
  await formatFiles(tree);
}
