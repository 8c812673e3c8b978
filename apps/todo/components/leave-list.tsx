"use client";

import { useState } from "react";
import type { List } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { openList } from "@/lib/use-selected-list";
import { IconButton } from "./button";
import { ConfirmDialog } from "./confirm-dialog";

export function LeaveList({ list }: { readonly list: List }) {
  const leaveList = useMutator("leaveList");
  const [isAsking, setIsAsking] = useState(false);
  const leave = () => {
    openList(null);
    void leaveList({ listId: list.id });
  };
  return (
    <>
      <IconButton icon="leave" label="Leave list" onClick={() => setIsAsking(true)} />
      <ConfirmDialog
        title={`Leave “${list.name}”?`}
        confirmLabel="Leave list"
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        onConfirm={leave}
      >
        It disappears from your lists. You need a new invite link to come back.
      </ConfirmDialog>
    </>
  );
}
