/** `nx g plasma-mutator`: a mutator among those of its table, to be filled in. */

import { formatFiles, joinPathFragments, logger } from "@nx/devkit";
import { capitalized, checkName, inWords, singularOf, withArticle } from "../columns.mjs";
import { describeMutations } from "../describe-mutation.mjs";
import { argumentNames, edit, withArgument, withImport } from "../edit.mjs";
import { refuseUnknownOptions } from "../options.mjs";
import { domainOf } from "../workspace.mjs";

export default async function plasmaMutator(tree, options) {
  refuseUnknownOptions("mutator", options);
  const { name, table: given } = options;
  checkName("mutator", name);
  const domain = domainOf(tree);
  const folder = joinPathFragments(domain, "src/mutators");
  const tables = tree
    .children(folder)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "args.ts")
    .map((file) => file.slice(0, -3));
  for (const table of tables) {
    const text = tree.read(joinPathFragments(folder, `${table}.ts`), "utf8");
    if (argumentNames(text, "defineMutators").includes(name)) {
      throw new Error(`There is a mutator "${name}" already, in ${folder}/${table}.ts.`);
    }
  }
  const table = given ?? tableIn(name, tables);
  if (!tables.includes(table)) {
    throw new Error(
      `There are no mutators of "${table}". There are those of: ${tables.join(", ")}.`,
    );
  }
  edit(tree, joinPathFragments(folder, `${table}.ts`), (text) => {
    const imported = withImport(
      withImport(text, ["rowId"], "./args.ts"),
      ["eq", "MutationRefused"],
      "@sh1n4ps/plasma-core",
    );
    return withArgument(imported, "defineMutators", mutatorOf(name, table));
  });
  const words = descriptionOf(name, table);
  const described = describeMutations(tree, [`${name}: () => "${words}"`]);
  await formatFiles(tree);
  return () => logger.info(nextSteps({ name, file: `${folder}/${table}.ts`, described, words }));
}

function nextSteps({ name, file, described, words }) {
  const told = described ? `\nWhat people read when it is refused ("${words}"): ${described}` : "";
  const use = described
    ? `useMutator("${name}")`
    : `useMutation<AppMutators, "${name}">("${name}")`;
  return `\n${name} is in ${file}: write there what it changes about the row, and which args it takes.\nIn a component: ${use}${told}\n`;
}

/** `archiveProject` is about `projects`. */
function tableIn(name, tables) {
  const words = name.toLowerCase();
  const found = tables.filter((table) =>
    words.includes((singularOf(table) ?? table).toLowerCase()),
  );
  // Of "todo" and "todoList", the longer one is meant.
  const table = found.sort((left, right) => right.length - left.length)[0];
  if (table) return table;
  throw new Error(
    `"${name}" does not say which table it is about. Say it: --table=…, one of: ${tables.join(", ")}.`,
  );
}

function mutatorOf(name, table) {
  return `

  ${name}: {
    args: z.object({ id: rowId }),
    run: async ({ db, args }) => {
      const [row] = await db.select().from(${table}).where(eq(${table}.id, args.id));
      if (!row) throw new MutationRefused("gone", "This ${inWords(singularOf(table) ?? table)} is gone.");
      // What changes about the row: await db.update(${table}).set({ … }).where(eq(${table}.id, row.id));
    },
  }`;
}

/** `archiveProject` → `Archive a project` */
function descriptionOf(name, table) {
  const words = inWords(name);
  const one = inWords(singularOf(table) ?? table);
  const [verb] = words.split(" ");
  const rest = words.slice(verb.length + 1);
  const isOne = rest === one || rest.startsWith(`${one} `);
  return capitalized(isOne ? `${verb} ${withArticle(rest)}` : words);
}
