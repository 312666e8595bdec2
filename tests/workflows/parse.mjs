// Read workflows and actions with GitHub's own parser, and show what it objects to; exit 1 on any.
import { readFile } from "node:fs/promises";
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await import(
  "@actions/workflow-parser"
);
const { parseAction, convertActionTemplate } = await import(
  "@actions/workflow-parser/actions/index"
);

const trace = new NoOperationTraceWriter();
let objections = 0;
for (const name of process.argv.slice(2)) {
  const isAction = /\/action\.ya?ml$/.test(name);
  const file = { name, content: await readFile(name, "utf8") };
  const parsed = isAction ? parseAction(file, trace) : parseWorkflow(file, trace);
  const convert = isAction ? convertActionTemplate : convertWorkflowTemplate;
  if (parsed.value) await convert(parsed.context, parsed.value);
  const told = parsed.context.errors.getErrors().map((error) => error.message);
  if (!parsed.value && told.length === 0) told.push(`${name}: nothing in it`);
  told.forEach((text) => console.error(text));
  objections += told.length;
}
if (process.argv.length < 3) {
  console.error("no file was named");
  objections += 1;
}
process.exit(objections ? 1 : 0);
