/** An error whose message is all that its reader needs: it is printed without a stack. */
export class Complaint extends Error {}

/** Runs a script's main function, and ends the process with 1 and a readable message if it throws. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(saysItAll(error) ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** An option that there is not is no fault of ours either. */
function saysItAll(error) {
  return error instanceof Complaint || String(error?.code).startsWith("ERR_PARSE_ARGS_");
}
