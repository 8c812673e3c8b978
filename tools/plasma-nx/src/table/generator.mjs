/** `nx g plasma-table`: everything that a table needs, in the places where the workspace has such things. */

import { formatFiles, joinPathFragments, logger, names } from "@nx/devkit";
import { capitalized, checkName, parseColumn, singularOf } from "../columns.mjs";
import { describeMutations } from "../describe-mutation.mjs";
import {
  edit,
  withArgument,
  withElementOf,
  withExport,
  withImport,
  withProperty,
} from "../edit.mjs";
import { refuseUnknownOptions } from "../options.mjs";
import { appOf, domainOf, fileOfTable } from "../workspace.mjs";
import { accessOf } from "./access.mjs";
import { descriptionsOf, mutatorsFile, queryOf, tableFile, testFile } from "./files.mjs";
import { componentFile, pageFile } from "./page.mjs";

export default async function plasmaTable(tree, options) {
  refuseUnknownOptions("table", options, { takesMoreWords: true });
  const { name, page = false } = options;
  checkName("table", name);
  const singular = options.singular ?? singularOf(name);
  if (singular === null) {
    throw new Error(
      `"${name}" does not look like a plural. Name the table by a plural, or say what one row is called: --singular=…`,
    );
  }
  checkName("row", singular);
  const domain = domainOf(tree);
  const at = (path) => joinPathFragments(domain, "src", path);
  if (fileOfTable(tree, domain, name) || tree.exists(at(`tables/${name}.ts`))) {
    throw new Error(
      `There is a table "${name}" already. Choose another name, or delete that one first.`,
    );
  }
  const parsed = columnsOf(options).map(parseColumn);
  refuseTwins(parsed);
  const hasLists = fileOfTable(tree, domain, "lists") !== undefined;
  const { columns, access } = accessOf(parsed, { hasLists });
  const table = { name, singular, columns, access };
  const imports = importsOf(tree, domain, table);
  // Whatever cannot be done shows before anything is written.
  const pages = page ? pagesOf(tree, table) : [];

  tree.write(at(`tables/${name}.ts`), tableFile({ ...table, imports }));
  tree.write(at(`tables/${name}.test.ts`), testFile(table));
  tree.write(at(`mutators/${name}.ts`), mutatorsFile(table));
  edit(tree, at("schema.ts"), (text) =>
    withArgument(withImport(text, [name], `./tables/${name}.ts`), "defineSchema", name),
  );
  edit(tree, at("mutators.ts"), (text) =>
    withProperty(
      withImport(text, [`${singular}Mutators`], `./mutators/${name}.ts`),
      "mutators",
      `...${singular}Mutators`,
    ),
  );
  edit(tree, at("queries.ts"), (text) => {
    const imported = withImport(text, ["asc"], "@sh1n4ps/plasma-core");
    return withImport(imported, [name], `./tables/${name}.ts`) + queryOf(table);
  });
  edit(tree, at("index.ts"), (text) =>
    withExport(
      withExport(text, [`all${capitalized(name)}`], "./queries.ts"),
      [name],
      `./tables/${name}.ts`,
    ),
  );
  describeMutations(tree, descriptionsOf(table));
  for (const [path, content] of pages) tree.write(path, content);
  if (page) keepPage(tree, table);
  await formatFiles(tree);
  return () => logger.info(nextSteps(table, { page, domain }));
}

/** The service worker keeps the page, so that it opens without a network as the others do. */
function keepPage(tree, { name }) {
  const path = joinPathFragments(appOf(tree), "public/sw.js");
  if (!tree.exists(path)) return;
  edit(tree, path, (text) => withElementOf(text, "PAGES", JSON.stringify(pathOf(name))));
}

function pathOf(name) {
  return `/${names(name).fileName}`;
}

function nextSteps({ name }, { page, domain }) {
  const shown = page
    ? `The page is ${pathOf(name)} of the app. Nothing links to it yet: while \`npm start\` runs, open http://localhost:3000${pathOf(name)} (or the port that you chose) in two windows of one person. What it looks like: components/${names(name).fileName}-view.tsx of the app.`
    : `In a component: useLiveQuery(all${capitalized(name)}, [])`;
  return `\n${shown}\nWho may read and write: ${domain}/src/tables/${name}.ts. Its tests: ${domain}/src/tables/${name}.test.ts\n`;
}

/** They are given as `--columns`, and behind the name. Without any, a row has a title. */
function columnsOf({ columns = [], _: rest = [] }) {
  const given = [...columns, ...rest.map(String)];
  return given.length > 0 ? given : ["title:text"];
}

function refuseTwins(columns) {
  const seen = new Set();
  for (const { name } of columns) {
    if (seen.has(name))
      throw new Error(`The column "${name}" is there twice. Leave one of them out.`);
    seen.add(name);
  }
}

/** The tables that it refers to, and the rule that it shares, from the files that have them. */
function importsOf(tree, domain, { name, columns, access }) {
  const wanted = new Map();
  const want = (what, table) => {
    const file = fileOfTable(tree, domain, table);
    if (!file) {
      throw new Error(
        `There is no table "${table}" to refer to. Generate it first, or mend the name.`,
      );
    }
    wanted.set(file, new Set([...(wanted.get(file) ?? []), what]));
  };
  for (const { target } of columns) if (target !== null && target !== name) want(target, target);
  if (access.kind === "members") want("isMember", "lists");
  return [...wanted]
    .map(([file, what]) => `import { ${[...what].sort().join(", ")} } from "./${file}";`)
    .sort()
    .join("\n");
}

function pagesOf(tree, table) {
  const app = appOf(tree);
  if (!app) {
    throw new Error("This workspace has no app for a page. Generate the table without --page.");
  }
  const { fileName } = names(table.name);
  return [
    [joinPathFragments(app, `app/${fileName}/page.tsx`), pageFile(table)],
    [joinPathFragments(app, `components/${fileName}-view.tsx`), componentFile(table)],
  ];
}
