"use client";

/** Who is in the list, and the link that brings more people in. */

import type { List, Member, Person } from "@/lib/rows";
import { Dialog } from "./dialog";
import { InviteLink } from "./invite-link";
import { MemberList } from "./member-list";

interface ShareDialogProps {
  readonly list: List;
  readonly members: readonly Member[];
  readonly people: readonly Person[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function ShareDialog({ list, members, people, isOpen, onClose }: ShareDialogProps) {
  return (
    <Dialog title={`Share “${list.name}”`} isOpen={isOpen} onClose={onClose}>
      <InviteLink listId={list.id} />
      <MemberList list={list} members={members} people={people} />
    </Dialog>
  );
}
