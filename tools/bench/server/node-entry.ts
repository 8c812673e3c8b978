export { fromBetterSqlite3, fromPg } from "@sh1n4ps/plasma-server";
export { byHand, measure, plasma } from "./workload.ts";
