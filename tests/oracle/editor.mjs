// Asks a real editor server what our schema gives a person who types: completion, hover, complaints.
//
//   node tests/oracle/editor.mjs path/to/yaml-language-server/bin/yaml-language-server
//
// Prints each promise that is not kept, and how many are. `make editor` installs the server and runs this.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const SCHEMA = pathToFileURL(resolve("schema/accelerate-config.schema.json")).href;
const LOCAL = "compute_environment: LOCAL_MACHINE\ndistributed_type: FSDP\n";
const SAGEMAKER = "compute_environment: AMAZON_SAGEMAKER\n";

// The cursor is at ‸. Completions are [label, what is written]; `not` must not be offered.
const COMPLETIONS = [
  { at: LOCAL + "‸", has: [["num_processes", "num_processes: "], ["fsdp_config", "fsdp_config:\n  "]], not: ["iam_role_name", "fp16"] },
  { at: SAGEMAKER + "‸", has: [["iam_role_name", "iam_role_name: "]], not: ["num_processes"] },
  { at: LOCAL + "mixed_precision: ‸", has: [["\"no\"", "\"no\""], ["bf16", "bf16"]], not: ["null"] },
  { at: "distributed_type: ‸", has: [["\"NO\"", "\"NO\""], ["MULTI_GPU", "MULTI_GPU"]], not: ["TPU", "DATA_PARALLEL"] },
  { at: SAGEMAKER + "distributed_type: ‸", has: [["DATA_PARALLEL", "DATA_PARALLEL"]], not: ["FSDP"] },
  { at: LOCAL + "fsdp_config:\n  ‸", has: [["fsdp_version", "fsdp_version: "]], not: ["version", "fsdp_backward_prefetch_policy"] },
  { at: LOCAL + "deepspeed_config:\n  zero_stage: ‸", has: [["2", "2"], ["3", "3"]], not: ["null"] },
  { at: LOCAL + "debug: ‸", has: [["true", "true"], ["false", "false"]], not: ["null"] },
];

const HOVERS = [
  { at: "mixed_pre‸cision: fp16\n", has: ["Mixed precision", "faster", "--mixed", "`bf16`: 16-bit floats"] },
  { at: "fsdp_config:\n  fsdp_ver‸sion: 2\n", has: ["FSDP version", "Default: 1.", "`2`: The maintained one"] },
  { at: "fsdp_config:\n  ver‸sion: 2\n", has: ["FSDP version"] },
  { at: "fsdp_con‸fig:\n  fsdp_version: 2\n", has: ["FSDP section"] },
];

const COMPLAINTS = [
  { text: LOCAL + "mixed_precision: no\nuse_cpu: no\nfsdp_config:\n  version: 2\n  fsdp_offload_params: yes\n", has: [] },
  { text: "distributed_type: NO\nmixed_precision: BF16\ndowncast_bf16: 'no'\ngpu_ids: all\n", has: [] },
  { text: LOCAL + "mixed_precision: fp32\n", has: ["Value is not accepted"] },
  { text: LOCAL + "num_proceses: 8\n", has: ["Property num_proceses is not allowed."] },
  { text: LOCAL + "fsdp_config:\n  bf16: true\n", has: ["Property bf16 is not allowed."] },
  { text: LOCAL + "gpu_ids: 0\n", has: ["Incorrect type"] },
  { text: SAGEMAKER + "num_processes: 1\n", has: ["Property num_processes is not allowed.", "Missing property \"iam_role_name\"."] },
  // An editor that is told to read YAML 1.1 sees what Accelerate sees.
  { text: "%YAML 1.1\n---\n" + LOCAL + "mixed_precision: no\n", has: ["Incorrect type"] },
];

class Server {
  constructor(program) {
    this.child = spawn("node", [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout.on("data", (data) => this.read(data));
    this.rest = Buffer.alloc(0);
    this.answers = new Map();
    this.problems = new Map();
    this.last = 0;
  }

  read(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      const head = this.rest.indexOf("\r\n\r\n");
      if (head < 0) return;
      const end = head + 4 + Number(/Content-Length: (\d+)/i.exec(this.rest.subarray(0, head))[1]);
      if (this.rest.length < end) return;
      const message = JSON.parse(this.rest.subarray(head + 4, end));
      this.rest = this.rest.subarray(end);
      this.take(message);
    }
  }

  take({ id, method, params, result }) {
    if (method === "workspace/configuration") {
      const yaml = { schemas: { [SCHEMA]: "*.yaml" }, schemaStore: { enable: false }, validate: true, hover: true, completion: true };
      this.send({ id, result: params.items.map((item) => (item.section === "yaml" ? yaml : {})) });
    } else if (method && id !== undefined) this.send({ id, result: null });
    else if (method === "textDocument/publishDiagnostics") this.problems.get(params.uri)?.(params.diagnostics);
    else if (id !== undefined) this.answers.get(id)?.(result);
  }

  send(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  ask(method, params) {
    const id = ++this.last;
    this.send({ id, method, params });
    return new Promise((done) => this.answers.set(id, done));
  }

  async start() {
    const completion = { completionItem: { snippetSupport: true } };
    const capabilities = { workspace: { configuration: true }, textDocument: { completion, hover: { contentFormat: ["markdown"] } } };
    await this.ask("initialize", { processId: process.pid, rootUri: null, capabilities });
    this.send({ method: "initialized", params: {} });
    this.send({ method: "workspace/didChangeConfiguration", params: { settings: {} } });
    await new Promise((done) => setTimeout(done, 500));
  }

  /** Opens a text; answers with its place and, once they are there, the complaints. */
  async open(marked) {
    const uri = `file:///editor/${++this.last}.yaml`;
    const found = new Promise((done) => this.problems.set(uri, done));
    const text = marked.replace("‸", "");
    this.send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
    const before = marked.split("‸")[0].split("\n");
    const position = { line: before.length - 1, character: before.at(-1).length };
    return { place: { textDocument: { uri }, position }, problems: (await found).map((problem) => problem.message) };
  }
}

const server = new Server(process.argv[2]);
await server.start();
let kept = 0;
const broken = [];
const promise = (held, what, seen) => (held ? kept++ : broken.push(`${what}\n    but: ${JSON.stringify(seen)}`));

for (const { at, has, not } of COMPLETIONS) {
  const answer = await server.ask("textDocument/completion", (await server.open(at)).place);
  const offered = new Map((answer.items ?? answer).map((item) => [item.label, item.textEdit?.newText ?? item.insertText]));
  for (const [label, text] of has) promise(offered.get(label) === text, `${JSON.stringify(at)} offers ${label}`, [...offered]);
  for (const label of not) promise(!offered.has(label), `${JSON.stringify(at)} does not offer ${label}`, [...offered.keys()]);
}
for (const { at, has } of HOVERS) {
  const answer = await server.ask("textDocument/hover", (await server.open(at)).place);
  const shown = (answer?.contents?.value ?? "").replaceAll("\\", "");
  for (const words of has) promise(shown.includes(words), `${JSON.stringify(at)} shows ${words}`, shown);
}
for (const { text, has } of COMPLAINTS) {
  const { problems } = await server.open(text);
  if (has.length === 0) promise(problems.length === 0, `${JSON.stringify(text)} is fine`, problems);
  for (const words of has) promise(problems.some((problem) => problem.includes(words)), `${JSON.stringify(text)}: ${words}`, problems);
}
console.log(`${kept} promises kept, ${broken.length} broken`);
broken.forEach((line) => console.log(`  ${line}`));
server.child.kill();
process.exit(broken.length ? 1 : 0);
