// Writes uikit/src/api/<name>.d.ts for every docs/api/<name>.yaml. With --check
// it writes nothing and fails when a committed file is stale.
import { readdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const documents = new URL("../../docs/api/", import.meta.url);
const target = new URL("../src/api/", import.meta.url);
const checkOnly = process.argv.includes("--check");

const banner = (name) =>
  `// Generated from docs/api/${name}.yaml by \`npm run openapi\`. Do not edit.\n\n`;

async function generate(name) {
  const ast = await openapiTS(new URL(`${name}.yaml`, documents), { alphabetize: true });
  return banner(name) + astToString(ast);
}

const names = (await readdir(documents))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

for (const name of names) {
  const wanted = await generate(name);
  const file = new URL(`${name}.d.ts`, target);
  if (!checkOnly) {
    await writeFile(file, wanted);
    console.log(`uikit/src/api/${name}.d.ts`);
  } else if ((await readFile(file, "utf8").catch(() => "")) !== wanted) {
    console.error(`uikit/src/api/${name}.d.ts is stale: run npm run openapi`);
    process.exitCode = 1;
  }
}
