/** EXPLAIN (FORMAT JSON), as Postgres tells it: a tree of nodes, each a way to get at rows. */

import type { TableAccess } from "@sh1n4ps/plasma-core";
import type { DatabasePlan, DatabasePlanStep } from "./database-plan.ts";
import type { SqlRow } from "./executor.ts";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Alias?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Plan Rows"?: number;
  readonly Plans?: readonly PlanNode[];
}

export function readPostgresPlan(rows: readonly SqlRow[]): DatabasePlan {
  const answer = rows[0]?.["QUERY PLAN"];
  // Drivers differ in whether they parse JSON.
  const parsed = (typeof answer === "string" ? JSON.parse(answer) : answer) as { Plan: PlanNode }[];
  const nodes = parsed.flatMap(({ Plan }) => flatten(Plan, 0));
  return {
    steps: nodes.flatMap(({ node }) => stepOf(node) ?? []),
    sort: sortOf(nodes.map(({ node }) => node["Node Type"])),
    detail: nodes.map(({ node, depth }) => "  ".repeat(depth) + describe(node)),
  };
}

function flatten(node: PlanNode, depth: number): { node: PlanNode; depth: number }[] {
  return [{ node, depth }, ...(node.Plans ?? []).flatMap((child) => flatten(child, depth + 1))];
}

function stepOf(node: PlanNode): DatabasePlanStep | null {
  const relation = node.Alias;
  if (relation === undefined || node["Relation Name"] === undefined) return null;
  const index = indexOf(node);
  return {
    relation,
    access: accessOf(node, index),
    ...(index && { index: index["Index Name"] }),
    ...(node["Plan Rows"] !== undefined && { estimatedRows: node["Plan Rows"] }),
  };
}

/** The node that names the index: a bitmap scan has it further down. */
function indexOf(node: PlanNode): (PlanNode & { "Index Name": string }) | null {
  if (node["Index Name"] !== undefined) return { ...node, "Index Name": node["Index Name"] };
  if (!node["Node Type"].startsWith("Bitmap")) return null;
  for (const child of node.Plans ?? []) {
    const found = indexOf(child);
    if (found) return found;
  }
  return null;
}

function accessOf(
  node: PlanNode,
  index: (PlanNode & { readonly "Index Name": string }) | null,
): TableAccess {
  if (!index) return "scan";
  if (index["Index Cond"] === undefined) return "index-scan";
  return index["Index Name"] === `${node["Relation Name"]}_pkey` ? "primary-key" : "index";
}

function sortOf(types: readonly string[]): DatabasePlan["sort"] {
  // A hash groups and finds duplicates without an order; what is asked here is whether rows are put into one.
  if (types.includes("Sort")) return "full";
  return types.includes("Incremental Sort") ? "partial" : "none";
}

function describe(node: PlanNode): string {
  const parts = [node["Node Type"]];
  if (node["Index Name"] !== undefined) parts.push(`using ${node["Index Name"]}`);
  if (node["Relation Name"] !== undefined) {
    parts.push(`on ${node["Relation Name"]} ${node.Alias ?? ""}`);
  }
  if (node["Plan Rows"] !== undefined) parts.push(`(rows=${node["Plan Rows"]})`);
  return parts.join(" ");
}
