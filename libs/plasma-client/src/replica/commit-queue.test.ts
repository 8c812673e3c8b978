import { describe, expect, it } from "vitest";
import { CommitQueue } from "./commit-queue.ts";
import { deferred } from "./deferred.ts";
import { SerialQueue } from "./serial-queue.ts";

function queue(write: (batch: readonly number[]) => Promise<void>) {
  const lost: number[][] = [];
  const serial = new SerialQueue();
  const commits = new CommitQueue<number>({
    write,
    serial,
    rollBack: (items) => lost.push([...items]),
  });
  return { commits, serial, lost };
}

describe("group commit", () => {
  it("writes what was added in one go together, and what comes meanwhile next", async () => {
    const batches: (readonly number[])[] = [];
    const gate = deferred<void>();
    const { commits } = queue(async (batch) => {
      batches.push(batch);
      if (batches.length === 1) await gate.promise;
    });
    const first = [1, 2].map((item) => commits.add(item));
    await Promise.resolve();
    const second = [3, 4, 5].map((item) => commits.add(item));
    gate.resolve();
    await Promise.all([...first, ...second]);
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it("takes back everything that is not durable when a write fails, once, and goes on", async () => {
    let fails = true;
    const gate = deferred<void>();
    const { commits, lost } = queue(async () => {
      await gate.promise;
      if (fails) throw new Error("full");
    });
    const results = [1, 2].map((item) => commits.add(item));
    await Promise.resolve();
    results.push(commits.add(3));
    gate.resolve();
    expect((await Promise.allSettled(results)).map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "rejected",
    ]);
    expect(lost).toEqual([[1, 2, 3]]);
    fails = false;
    await commits.add(4);
    await commits.idle();
    expect(lost).toHaveLength(1);
  });

  it("takes back only when no job is half-way", async () => {
    const { commits, serial, lost } = queue(() => Promise.reject(new Error("full")));
    const gate = deferred<void>();
    const job = serial.run(() => gate.promise.then(() => expect(lost).toEqual([])));
    const result = commits.add(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(lost).toEqual([]);
    gate.resolve();
    await job;
    await expect(result).rejects.toThrow("full");
    expect(lost).toEqual([[1]]);
  });

  it("is idle at once when nothing was added, and after failures too", async () => {
    const { commits } = queue(() => Promise.reject(new Error("full")));
    await commits.idle();
    const result = commits.add(1);
    await commits.idle();
    await expect(result).rejects.toThrow("full");
  });

  it("never forgets an item that is added the moment a write ends", async () => {
    const { commits } = queue(() => Promise.resolve());
    for (let item = 0; item < 50; item++) {
      let chain: Promise<void> = commits.add(item);
      for (let turns = 0; turns < item % 7; turns++) chain = chain.then(() => undefined);
      await chain;
    }
    await commits.idle();
  });
});

describe("the serial queue", () => {
  it("runs one job after the other, whatever becomes of them", async () => {
    const serial = new SerialQueue();
    const log: string[] = [];
    const slow = serial.run(async () => {
      log.push("slow starts");
      await Promise.resolve();
      log.push("slow ends");
    });
    const failing = serial.run(() => {
      log.push("fails");
      throw new Error("no");
    });
    const last = serial.run(() => log.push("last"));
    await slow;
    await expect(failing).rejects.toThrow("no");
    await last;
    expect(log).toEqual(["slow starts", "slow ends", "fails", "last"]);
  });
});
