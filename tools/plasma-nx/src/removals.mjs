/** Edits of TypeScript by its syntax tree that take something out. The formatter has the last word. */

import ts from "typescript";
import { find, parse, replaced, valueOf } from "./edit.mjs";

/** Takes tables out of `defineSchema({ … })`, and the like. */
export function withoutArguments(text, callee, names) {
  const source = parse(text);
  const call = find(
    source,
    (node) =>
      ts.isCallExpression(node) &&
      node.expression.getText(source) === callee &&
      node.arguments.length === 1 &&
      ts.isObjectLiteralExpression(node.arguments[0]),
  );
  return call ? withoutElements(text, source, { object: call.arguments[0], names }) : text;
}

/** Takes properties and spreads out of the object that a constant is. */
export function withoutProperties(text, constant, names) {
  const source = parse(text);
  const object = valueOf(source, constant, ts.isObjectLiteralExpression);
  return object ? withoutElements(text, source, { object, names }) : text;
}

/** Takes exported constants and types out, and the comments above them. */
export function withoutDeclarations(text, names) {
  const gone = parse(text).statements.filter((statement) =>
    declaredBy(statement).some((name) => names.includes(name)),
  );
  return cut(text, gone);
}

/** The exported constants and types whose code mentions one of these names. */
export function declarationsThatUse(text, names) {
  return parse(text)
    .statements.filter((statement) => declaredBy(statement).length > 0)
    .filter((statement) => mentions(statement).some((name) => names.includes(name)))
    .flatMap(declaredBy);
}

/** Takes names out of what is exported from a module; without names, all of them. */
export function withoutExports(text, module, names) {
  const source = parse(text);
  const exported = source.statements.filter(
    (node) => ts.isExportDeclaration(node) && node.moduleSpecifier?.text === module,
  );
  return exported.reduceRight((edited, node) => {
    const { elements } = node.exportClause;
    const kept = names ? elements.filter(({ name }) => !names.includes(name.text)) : [];
    if (kept.length === 0) return replaced(edited, node.getFullStart(), node.end, "");
    if (kept.length === elements.length) return edited;
    const list = kept.map((element) => element.getText(source)).join(", ");
    return replaced(edited, elements.pos, elements.end, ` ${list} `);
  }, text);
}

/** Takes what nothing in the file uses out of its imports. */
export function withoutUnusedImports(text) {
  const source = parse(text);
  const used = source.statements.filter((node) => !ts.isImportDeclaration(node)).flatMap(mentions);
  return source.statements
    .filter(
      (node) =>
        ts.isImportDeclaration(node) &&
        node.importClause?.namedBindings &&
        ts.isNamedImports(node.importClause.namedBindings) &&
        !node.importClause.name,
    )
    .reduceRight((edited, node) => {
      const { elements } = node.importClause.namedBindings;
      const kept = elements.filter(({ name }) => used.includes(name.text));
      if (kept.length === elements.length) return edited;
      if (kept.length === 0) return replaced(edited, node.getStart(source), node.end + 1, "");
      const list = kept.map((element) => element.getText(source)).join(", ");
      return replaced(edited, elements.pos, elements.end, ` ${list} `);
    }, text);
}

/** Imports from another module what was imported from the one. */
export function withImportsFrom(text, from, to) {
  return parse(text)
    .statements.filter((node) => ts.isImportDeclaration(node) && node.moduleSpecifier.text === from)
    .reduceRight(
      (edited, { moduleSpecifier }) =>
        replaced(edited, moduleSpecifier.getStart() + 1, moduleSpecifier.end - 1, to),
      text,
    );
}

/** What a file imports: `{ module, names }`, and all names of a module as `*`. */
export function importsIn(text) {
  return parse(text)
    .statements.filter((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    .filter(({ moduleSpecifier }) => moduleSpecifier !== undefined)
    .map((node) => {
      const list = ts.isImportDeclaration(node)
        ? node.importClause?.namedBindings
        : node.exportClause;
      const names = list?.elements?.map(({ name, propertyName }) => (propertyName ?? name).text);
      return { module: node.moduleSpecifier.text, names: names ?? ["*"] };
    });
}

function declaredBy(statement) {
  if (!(statement.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.text);
  return statement.name ? [statement.name.text] : [];
}

/** Every identifier that stands for a value or a type, not those behind a dot or before a colon. */
function mentions(node) {
  const names = [];
  const visit = (child) => {
    if (ts.isIdentifier(child)) names.push(child.text);
    else if (ts.isPropertyAccessExpression(child)) visit(child.expression);
    else if (ts.isPropertyAssignment(child)) visit(child.initializer);
    else ts.forEachChild(child, visit);
  };
  visit(node);
  return names;
}

function withoutElements(text, source, { object, names }) {
  const { properties } = object;
  const kept = properties.filter((property) => {
    const name = ts.isSpreadAssignment(property)
      ? property.expression.getText(source)
      : property.name?.text;
    return !names.includes(name);
  });
  if (kept.length === properties.length) return text;
  const list = kept.map((property) => text.slice(property.getFullStart(), property.end)).join(",");
  return replaced(text, properties.pos, properties.end, list);
}

function cut(text, nodes) {
  return nodes.reduceRight(
    (edited, node) => replaced(edited, node.getFullStart(), node.end, ""),
    text,
  );
}
