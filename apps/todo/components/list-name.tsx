"use client";

/** The name of a list; its owner can change it in place. */

import { useState } from "react";
import type { List } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { IconButton } from "./button";
import { InlineEdit } from "./inline-edit";

export function ListName({
  list,
  canRename,
}: {
  readonly list: List;
  readonly canRename: boolean;
}) {
  const renameList = useMutator("renameList");
  const [isEditing, setIsEditing] = useState(false);

  const save = async (name: string) => {
    setIsEditing(false);
    if (name !== list.name) await renameList({ id: list.id, name }).catch(() => setIsEditing(true));
  };

  return (
    <div className="flex min-h-11 min-w-0 flex-1 basis-56 items-center gap-1">
      {isEditing ? (
        <InlineEdit
          label="Name of the list"
          value={list.name}
          maxLength={80}
          className="text-2xl font-semibold tracking-tight sm:text-3xl"
          onSave={(name) => void save(name)}
          onCancel={() => setIsEditing(false)}
        />
      ) : (
        <>
          <h1
            id="list-name"
            tabIndex={-1}
            className="min-w-0 text-2xl font-semibold tracking-tight outline-none sm:text-3xl"
          >
            {list.name}
          </h1>
          {canRename && (
            <IconButton icon="pencil" label="Rename list" onClick={() => setIsEditing(true)} />
          )}
        </>
      )}
    </div>
  );
}
