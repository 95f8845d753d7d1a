// Grades answers with the rules of the MDN HTTP Observatory. bench/headers.py starts it: the folder of the package
// as argument, a JSON list of answers on standard input, a JSON list of grades on standard output.
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const folder = process.argv[2];
const engine = (path) => import(pathToFileURL(`${folder}/src/${path}`));
const { ALL_TESTS } = await engine("constants.js");
const { Requests } = await engine("types.js");
const { parseHttpEquivHeaders } = await engine("retriever/utils.js");
const { getGradeForScore, getScoreModifier } = await engine("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await engine("grader/charts.js");
const require = createRequire(`${folder}/package.json`);
const { CookieJar } = require("tough-cookie");
const { AxiosHeaders } = require("axios");

function requestsOf(answer) {
  const url = new URL(answer.url);
  const made = new Requests(url.hostname);
  const response = {
    status: answer.status,
    headers: new AxiosHeaders(answer.headers),
    request: { protocol: "https:", host: url.hostname },
    verified: true,
    data: answer.body,
    httpEquiv: answer.headers["content-type"]?.startsWith("text/html")
      ? parseHttpEquivHeaders(answer.body, url.href)
      : new Map(),
  };
  const jar = new CookieJar();
  for (const line of answer.cookies) jar.setCookieSync(line, url.href);
  made.responses.auto = made.responses.https = made.responses.http = response;
  made.responses.cors = { ...response, headers: new AxiosHeaders(answer.cors) };
  made.responses.httpRedirects = [
    { url: new URL(answer.plain), status: answer.redirected.status },
    { url: new URL(answer.redirected.location), status: answer.status },
  ];
  made.resources.path = answer.body;
  made.session = { url, jar, redirectHistory: [] };
  return made;
}

function grade(answer) {
  const results = ALL_TESTS.map((test) => test(requestsOf(answer))).filter((each) => each.result);
  const modifiers = results.map((each) => getScoreModifier(each.result));
  const uncurved = 100 + modifiers.filter((each) => each < 0).reduce((sum, each) => sum + each, 0);
  const extra = 100 + modifiers.reduce((sum, each) => sum + each, 0);
  const final = getGradeForScore(uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? extra : uncurved);
  const failed = results.filter((each) => !each.pass).map((each) => each.result);
  return { name: answer.name, status: answer.status, grade: final.grade, score: final.score, failed };
}

let text = "";
for await (const part of process.stdin) text += part;
process.stdout.write(JSON.stringify(JSON.parse(text).map(grade)));
