// `@intacct/intacct-sdk` from npm, fetching and parsing the same records, one company after the other, as its API does.
//
//     node node_sdk.js http://127.0.0.1:PORT/ia/xml/xmlgw.phtml COMPANIES
"use strict";

const path = require("path");
const folder = process.env.RIVALS_FOLDER;
const sdk = require(path.join(folder, "node_modules", "@intacct", "intacct-sdk"));
const NewQuery = sdk.Functions.Common.NewQuery;

const { default: Endpoint } = require(
  path.join(folder, "node_modules", "@intacct", "intacct-sdk", "dist", "Credentials", "Endpoint.js"));

const PAGE = 2000;
const FIELDS = ("RECORDNO CLIENT_TYPE PARTNERID FUNCTION CONTROLID POLICYID DTDVERSION DOCCONTROLID LOGINID N_TRANS " +
  "CREATED_DATE CREATED_TIME STATUS").split(" ");

Object.defineProperty(Endpoint.prototype, "url", {
  get() { return process.argv[2]; },
  set() {},
});

async function readCompany(company) {
  const login = new sdk.ClientConfig();
  login.senderId = "bench";
  login.senderPassword = "bench-sender";
  login.companyId = company;
  login.userId = "bench";
  login.userPassword = "bench-user";
  const config = await sdk.SessionProvider.factory(login);
  const client = new sdk.OnlineClient(config);
  let found = 0;
  for (;;) {
    const select = new NewQuery.QuerySelect.SelectBuilder().addFields(FIELDS).selects;
    const query = new NewQuery.Query()
      .assignFromObject("APIUSAGEDETAIL").assignSelectFields(select).assignPageSize(PAGE).assignOffset(found);
    const response = await client.execute(query);
    const result = response.getResult();
    found += result.data.length;
    if (result.numRemaining === 0) {
      return found;
    }
  }
}

async function main() {
  const started = process.hrtime.bigint();
  let records = 0;
  for (let number = 0; number < Number(process.argv[3]); number += 1) {
    records += await readCompany("bench-" + String(number).padStart(5, "0"));
  }
  const used = process.resourceUsage();
  process.stdout.write(JSON.stringify({
    seconds: Number(process.hrtime.bigint() - started) / 1e9,
    cpu_seconds: (used.userCPUTime + used.systemCPUTime) / 1e6,
    peak_mib: used.maxRSS / 1024,
    records,
  }) + "\n");
}

main().catch((error) => {
  process.stderr.write(String(error && error.stack || error) + "\n");
  process.exit(1);
});
