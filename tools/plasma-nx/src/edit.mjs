/**
 * Edits of TypeScript by its syntax tree. Only the places that change are touched, so comments and layout stay; the
 * formatter has the last word.
 */

import ts from "typescript";

/** A file of the tree with edits to it. Throws if it is not there. */
export function edit(tree, path, change) {
  const before = tree.read(path, "utf8");
  if (before === null) throw new Error(`There is no ${path} to add to.`);
  tree.write(path, change(before));
}

/** Imports names from a module: in the import that there is, or in a new one at its place in the order of paths. */
export function withImport(text, names, module, { isType = false } = {}) {
  const source = parse(text);
  const imports = source.statements.filter(ts.isImportDeclaration);
  const same = imports.find(
    ({ moduleSpecifier, importClause }) =>
      moduleSpecifier.text === module && importClause?.isTypeOnly === isType,
  );
  if (same) return withNames(text, source, { list: same.importClause.namedBindings, names });
  const line = `import ${isType ? "type " : ""}{ ${[...names].sort(inOrder).join(", ")} } from "${module}";\n`;
  const next = imports.find(
    ({ moduleSpecifier: { text: other } }) => isRelative(other) && other > module,
  );
  if (next && isRelative(module)) return inserted(text, next.getStart(source), line);
  // Behind what is imported from there already, or else behind all.
  const before = imports.findLast(({ moduleSpecifier }) => moduleSpecifier.text === module);
  const last = before ?? imports.at(-1);
  return last ? inserted(text, last.end, `\n${line.trimEnd()}`) : withFirstImport(text, line);
}

/** Behind the comment that says what the file is for, if there is one. */
function withFirstImport(text, line) {
  const [purpose] = ts.getLeadingCommentRanges(text, 0) ?? [];
  return purpose ? inserted(text, purpose.end, `\n\n${line}`) : inserted(text, 0, `${line}\n`);
}

/** Adds a property to the object that a function is called with: `defineSchema({ users, lists })`. */
export function withArgument(text, callee, property) {
  const source = parse(text);
  const call = find(
    source,
    (node) =>
      ts.isCallExpression(node) &&
      ts.isIdentifier(innermost(node.expression)) &&
      innermost(node.expression).text === callee &&
      node.arguments.length === 1 &&
      ts.isObjectLiteralExpression(node.arguments[0]),
  );
  if (!call) throw new Error(`There is no ${callee}({ … }) to add "${property}" to.`);
  return withElement(text, source, { object: call.arguments[0], property });
}

/** Adds a property to the object that a constant is: `export const mutators = { ...listMutators }`. */
export function withProperty(text, constant, property) {
  const source = parse(text);
  const object = valueOf(source, constant, ts.isObjectLiteralExpression);
  if (!object) throw new Error(`There is no const ${constant} = { … } to add "${property}" to.`);
  return withElement(text, source, { object, property });
}

/** What a constant is declared to be, if that is of a kind: `ts.isObjectLiteralExpression`, say. */
export function valueOf(source, constant, isKind) {
  const declared = find(
    source,
    (node) =>
      ts.isVariableDeclaration(node) &&
      node.name.text === constant &&
      node.initializer !== undefined &&
      isKind(node.initializer),
  );
  return declared?.initializer;
}

/** Adds an element to the array that a constant is: `const PAGES = ["/"]`. */
export function withElementOf(text, constant, element) {
  const source = parse(text);
  const array = valueOf(source, constant, ts.isArrayLiteralExpression);
  if (!array) throw new Error(`There is no const ${constant} = [ … ] to add ${element} to.`);
  const last = array.elements.at(-1);
  return last
    ? inserted(text, last.end, `, ${element}`)
    : inserted(text, array.getStart(source) + 1, element);
}

/** Exports names from a module, in the export that there is, or in a new one at the end. */
export function withExport(text, names, module) {
  const source = parse(text);
  const same = source.statements.find(
    (node) =>
      ts.isExportDeclaration(node) && !node.isTypeOnly && node.moduleSpecifier?.text === module,
  );
  if (!same) return `${text.trimEnd()}\nexport { ${names.join(", ")} } from "${module}";\n`;
  return withNames(text, source, { list: same.exportClause, names });
}

/** Whether a file declares and exports this constant. */
export function exportsConstant(text, name) {
  return find(
    parse(text),
    (node) =>
      ts.isVariableStatement(node) &&
      (node.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) &&
      node.declarationList.declarations.some((declared) => declared.name.text === name),
  );
}

/** The columns of `export const projects = table("projects", { … })`. */
export function columnNames(text, table) {
  return columnsIn(parse(text), table).properties.map(({ name }) => name.text);
}

/** Adds a column behind the others. */
export function withColumn(text, table, property) {
  const source = parse(text);
  return withElement(text, source, { object: columnsIn(source, table), property });
}

/** Adds an index to those of the table, or the first one. */
export function withIndex(text, table, index) {
  const source = parse(text);
  const options = tableCall(source, table).arguments[2];
  if (!options)
    throw new Error(`"${table}" has no options to add an index to. Write { indexes: [${index}] }.`);
  const indexes = options.properties.find(({ name }) => name?.text === "indexes");
  if (!indexes)
    return withElement(text, source, { object: options, property: `indexes: [${index}]` });
  const last = indexes.initializer.elements.at(-1);
  return last
    ? inserted(text, last.end, `, ${index}`)
    : inserted(text, indexes.initializer.getStart(source) + 1, index);
}

function columnsIn(source, table) {
  return tableCall(source, table).arguments[1];
}

function tableCall(source, table) {
  const declared = find(
    source,
    (node) =>
      ts.isVariableDeclaration(node) &&
      node.name.text === table &&
      node.initializer !== undefined &&
      ts.isCallExpression(node.initializer) &&
      node.initializer.expression.text === "table",
  );
  if (declared) return declared.initializer;
  throw new Error(`There is no const ${table} = table("${table}", { … }).`);
}

/** The names of the properties of `defineX()({ … })` and the like. */
export function argumentNames(text, callee) {
  const source = parse(text);
  const names = [];
  find(source, (node) => {
    if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(innermost(node.expression)) &&
      innermost(node.expression).text === callee
    ) {
      const [object] = node.arguments;
      if (object && ts.isObjectLiteralExpression(object)) {
        names.push(...object.properties.flatMap((property) => property.name?.text ?? []));
      }
    }
    return false;
  });
  return names;
}

/** Adds names to a list in braces, of an import or an export. */
function withNames(text, source, { list, names }) {
  const known = list.elements.map((element) => element.name.text);
  const all = [...new Set([...known, ...names])].sort(inOrder);
  return replaced(text, list.getStart(source), list.end, `{ ${all.join(", ")} }`);
}

function withElement(text, source, { object, property }) {
  const last = object.properties.at(-1);
  if (!last) return inserted(text, object.getStart(source) + 1, ` ${property} `);
  return inserted(text, last.end, `, ${property}`);
}

/** Of `defineMutators<…>()(…)`: the identifier that stands first. */
function innermost(expression) {
  return ts.isCallExpression(expression) ? innermost(expression.expression) : expression;
}

export function find(node, matches) {
  if (matches(node)) return node;
  return ts.forEachChild(node, (child) => find(child, matches));
}

export function parse(text) {
  return ts.createSourceFile("file.tsx", text, ts.ScriptTarget.Latest, true);
}

function isRelative(module) {
  return module.startsWith(".");
}

function inOrder(left, right) {
  return left.toLowerCase() < right.toLowerCase() ? -1 : 1;
}

function inserted(text, at, addition) {
  return replaced(text, at, at, addition);
}

export function replaced(text, start, end, replacement) {
  return text.slice(0, start) + replacement + text.slice(end);
}
