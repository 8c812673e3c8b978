"use client";

/** Makes a list and opens it. */

import { usePlasma } from "@sh1n4ps/plasma-react";
import { useRef, useState } from "react";
import type { FormEvent } from "react";
import { useMutator } from "@/lib/use-mutator";
import { openList } from "@/lib/use-selected-list";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Icon } from "./icon";

export function NewList() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="quiet" className="mt-2 w-full justify-start" onClick={() => setIsOpen(true)}>
        <Icon name="plus" />
        New list
      </Button>
      <Dialog title="New list" isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <NewListForm onDone={() => setIsOpen(false)} />
      </Dialog>
    </>
  );
}

function NewListForm({ onDone }: { readonly onDone: () => void }) {
  const plasma = usePlasma();
  const createList = useMutator("createList");
  const input = useRef<HTMLInputElement>(null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = input.current?.value.trim();
    if (!name) return input.current?.focus();
    const id = plasma.newId();
    onDone();
    const made = createList({ id, membershipId: plasma.newId(), name, createdAt: new Date() });
    made.then(
      () => openList(id),
      () => undefined, // The notice says why.
    );
  };

  return (
    <form onSubmit={submit}>
      <label className="block text-sm font-medium">
        Name
        <input
          ref={input}
          data-autofocus
          required
          maxLength={80}
          placeholder="Groceries, weekend, moving house …"
          className="mt-1.5 block h-11 w-full rounded-xl border border-edge bg-surface px-3 text-base font-normal placeholder:text-soft"
        />
      </label>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button look="primary" type="submit">
          Create list
        </Button>
      </div>
    </form>
  );
}
