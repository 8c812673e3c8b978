/** A page of the app for a table: its rows, a form for a new one, and a button that deletes one. */

import { capitalized, inWords, kebab } from "../columns.mjs";

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

/** The field that a person fills in; the others have a value that stands for "not yet". */
export function componentFile({ name, singular, columns, access }) {
  const One = capitalized(singular);
  const Many = capitalized(name);
  const title = columns.find(({ type }) => type === "text");
  if (!title) throw new Error("A page needs a text column that people can fill in.");
  const others = columns.filter((column) => column !== title && column.name !== access.column);
  const missing = others.find(({ nullable }) => !nullable);
  if (missing || access.kind !== "owner") {
    throw new Error(
      `A page can be made for a table of a person's own rows whose other columns are nullable${missing ? `, and "${missing.name}" is not` : ""}. Generate it without --page.`,
    );
  }
  const rest = others.map((column) => `, ${column.name}: null`).join("");
  const field = title.name;
  return `"use client";

/** The person's ${inWords(name)}: a form for a new one, and the ones that there are. */

import { all${Many} } from "@plasma-starter/todo-domain";
import { useLiveQuery, usePlasma } from "@sh1n4ps/plasma-react";
import { useRef } from "react";
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
  const input = useRef<HTMLInputElement>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const ${field} = input.current?.value.trim();
    if (!input.current || !${field}) return;
    input.current.value = "";
    try {
      await add${One}({ id: plasma.newId(), ${field}${rest} });
    } catch {
      // The notice says why; the words must not be lost.
      input.current.value ||= ${field};
    }
  };

  return (
    <main id="content" tabIndex={-1} className="mx-auto max-w-2xl px-4 py-9 outline-none sm:px-6">
      <h1 className="text-2xl font-semibold">${capitalized(inWords(name))}</h1>
      <form onSubmit={(event) => void submit(event)} className="mt-6 flex gap-3">
        <input
          ref={input}
          aria-label="New ${inWords(singular)}"
          placeholder="New ${inWords(singular)}"
          autoComplete="off"
          className="h-10 min-w-0 flex-1 rounded-xl border border-edge bg-surface px-4 text-base placeholder:text-soft"
        />
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
            <span className="min-w-0 break-words">{${singular}.${field}}</span>
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
