/** The HTTP face of the engine. */

import type { SyncHandler, SyncHandlerOptions } from "./options.ts";

export declare function createSyncHandler<Ctx>(options: SyncHandlerOptions<Ctx>): SyncHandler;
