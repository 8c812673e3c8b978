"use client";

/** Gives every page the client of the person whom this window belongs to. */

import { demoPeople } from "@plasma-starter/todo-domain";
import { PlasmaProvider } from "@sh1n4ps/plasma-react";
import { createContext, useContext, useEffect, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { PERSON_PARAMETER, person } from "@/lib/person";
import { plasmaOf } from "@/lib/plasma";

export type DemoPerson = (typeof demoPeople)[number];

const PersonContext = createContext<DemoPerson | null>(null);

/** Who is signed in; null while the server renders. */
export function usePerson(): DemoPerson | null {
  return useContext(PersonContext);
}

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const personId = useSyncExternalStore(person.subscribe, person.get, () => null);
  const me = demoPeople.find(({ id }) => id === personId) ?? null;
  const client = me && plasmaOf(me.id);

  // The client outlives this effect (React runs it twice in development); only the shown person's syncs.
  useEffect(() => {
    if (!client) return;
    // What stands in its way is in its status.
    client.start().catch(() => undefined);
    return () => client.stop();
  }, [client]);

  useEffect(() => {
    if (me) document.documentElement.style.setProperty("--person", me.color);
  }, [me]);

  useEffect(rememberAskedPerson, []);

  return (
    <PersonContext value={me}>
      <PlasmaProvider client={client}>{children}</PlasmaProvider>
    </PersonContext>
  );
}

/** `?as=` has done its work once it was read: left in the address, it would undo a later switch on reload. */
function rememberAskedPerson(): void {
  const url = new URL(window.location.href);
  person.set(person.get());
  if (!url.searchParams.has(PERSON_PARAMETER)) return;
  url.searchParams.delete(PERSON_PARAMETER);
  window.history.replaceState(null, "", url);
}
