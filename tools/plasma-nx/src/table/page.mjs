/** A page of the app for a table: its rows with their fields, a form for a new one, and a button that deletes one. */

import { capitalized, inWords, kebab } from "../columns.mjs";
import { canBeFilledIn, inputOf, shownOf, valueOf } from "./fields.mjs";

export function pageFile({ name }) {
  const Many = capitalized(name);
  return `import type { Metadata } from "next";
import { ${Many}View } from "@/components/${kebab(name)}-view";

export const metadata: Metadata = { title: "${capitalized(inWords(name))}" };

export default function ${Many}Page() {
  return <${Many}View />;
}
`;
}

/** The first text stands for the row; the other columns are below it. */
export function componentFile({ name, singular, columns, access }) {
  const One = capitalized(singular);
  const Many = capitalized(name);
  const texts = columns.filter(({ type }) => type === "text");
  const title = texts.find(({ nullable }) => !nullable) ?? texts[0];
  if (!title) throw new Error("A page needs a text column that people can fill in.");
  const others = columns.filter((column) => column !== title && column.name !== access.column);
  const missing = others.find((column) => !canBeFilledIn(column));
  if (missing || access.kind !== "owner") {
    throw new Error(
      `A page can be made for a table of a person's own rows whose other columns can be written in a form or are nullable${missing ? `, and "${missing.name}" is neither` : ""}. Generate it without --page.`,
    );
  }
  const field = title.name;
  const inputs = others.map(inputOf).filter((input) => input !== "");
  const values = others.map((column) => `${column.name}: ${valueOf(column)}`);
  const shown = others.map(
    (column) => `<div className="flex gap-1.5">
                  <dt>${capitalized(inWords(column.name))}:</dt>
                  <dd className="min-w-0 break-words">{${shownOf(column, singular)}}</dd>
                </div>`,
  );
  return `"use client";

/** The person's ${inWords(name)}: a form for a new one, and the ones that there are. */

import { all${Many} } from "@plasma-starter/todo-domain";
import { useLiveQuery, usePlasma } from "@sh1n4ps/plasma-react";
import type { FormEvent } from "react";
import { Button } from "@/components/button";
import { PageMessage } from "@/components/page-message";
import { usePerson } from "@/components/session-provider";
import { useMutator } from "@/lib/use-mutator";

export function ${Many}View() {
  const me = usePerson();
  // The static page is rendered for nobody in particular.
  if (!me) return <PageMessage title="One moment …">Your ${inWords(name)} are being read.</PageMessage>;
  return <${Many} key={me.id} />;
}

function ${Many}() {
  const plasma = usePlasma();
  const { data: ${name}, status } = useLiveQuery(all${Many}, []);
  const add${One} = useMutator("add${One}");
  const delete${One} = useMutator("delete${One}");

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const text = (name: string) => {
      const value = fields.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    const title = text("${field}");
    if (!title) return;
    try {
      await add${One}({ ${["id: plasma.newId()", field === "title" ? "title" : `${field}: title`, ...values].join(", ")} });
      form.reset();
    } catch {
      // The notice says why, and the words stay.
    }
  };

  return (
    <main id="content" tabIndex={-1} className="mx-auto max-w-2xl px-4 py-9 outline-none sm:px-6">
      <h1 className="text-2xl font-semibold">${capitalized(inWords(name))}</h1>
      <form onSubmit={(event) => void submit(event)} className="mt-6 flex flex-wrap gap-3">
        <input
          name="${field}"
          aria-label="New ${inWords(singular)}"
          placeholder="New ${inWords(singular)}"
          autoComplete="off"
          required
          className="h-10 min-w-0 flex-1 basis-56 rounded-xl border border-edge bg-surface px-4 text-base placeholder:text-soft"
        />
        ${inputs.join("\n        ")}
        <Button look="primary" type="submit">
          Add
        </Button>
      </form>
      {${name}.length === 0 && status === "complete" ? (
        <p className="mt-6 text-soft">There are none yet.</p>
      ) : null}
      <ul className="mt-6 space-y-2">
        {${name}.map((${singular}) => (
          <li key={${singular}.id} className="flex items-center justify-between gap-3">
            <div className="min-w-0">
              <p className="break-words">{${singular}.${field}}</p>
              ${shown.length > 0 ? `<dl className="text-sm text-soft">\n                ${shown.join("\n                ")}\n              </dl>` : ""}
            </div>
            <Button
              look="quiet"
              aria-label={\`Delete \${${singular}.${field}}\`}
              onClick={() => void delete${One}({ id: ${singular}.id }).catch(() => undefined)}
            >
              Delete
            </Button>
          </li>
        ))}
      </ul>
    </main>
  );
}
`;
}
