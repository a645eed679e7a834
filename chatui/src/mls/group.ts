// What the chat worker uses of MLS; docs/protocols/chat.md decides.
export {
  commit,
  createGroup,
  join,
  openCommit,
  peekCommit,
  type Change,
  type CommitFacts,
  type CommitSight,
  type Found,
  type Joined,
  type Pending,
} from "./commits.ts";
export { openMessage, sealMessage, type Header, type Opened } from "./messages.ts";
export { decodeGroup, encodeGroup, epochAuthenticator, Group, roster } from "./state.ts";
