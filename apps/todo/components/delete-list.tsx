"use client";

import { useState } from "react";
import type { List } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { openList } from "@/lib/use-selected-list";
import { IconButton } from "./button";
import { ConfirmDialog } from "./confirm-dialog";

export function DeleteList({ list }: { readonly list: List }) {
  const deleteList = useMutator("deleteList");
  const [isAsking, setIsAsking] = useState(false);
  const remove = () => {
    openList(null);
    void deleteList({ id: list.id });
  };
  return (
    <>
      <IconButton icon="trash" label="Delete list" onClick={() => setIsAsking(true)} />
      <ConfirmDialog
        title={`Delete “${list.name}”?`}
        confirmLabel="Delete for everyone"
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        onConfirm={remove}
      >
        Its todos go with it, for everyone who shares the list. This cannot be undone.
      </ConfirmDialog>
    </>
  );
}
