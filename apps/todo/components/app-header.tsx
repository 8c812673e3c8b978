/** The bar at the top of every page: the name, how syncing goes, and whom this window belongs to. */

import { OfflineSwitch } from "./offline-switch";
import { PersonSelect } from "./person-select";
import { SyncStatus } from "./sync-status";
import { ThemeSelect } from "./theme-select";

export function AppHeader() {
  return (
    <header>
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-2 gap-y-1.5 px-4 pt-3 pb-1.5 sm:gap-x-5 sm:px-6">
        <a href="/" className="mr-auto flex items-center gap-2.5 rounded-lg py-1">
          <img src="/icon.svg" alt="" width={28} height={28} />
          <span className="text-lg font-semibold tracking-tight max-[359px]:sr-only">Plasma</span>
        </a>
        <div className="order-3 flex min-h-9 w-full items-center justify-between gap-5 md:order-none md:w-auto">
          <SyncStatus />
          <OfflineSwitch />
        </div>
        <div className="flex items-center gap-2">
          <ThemeSelect />
          <PersonSelect />
        </div>
      </div>
    </header>
  );
}
