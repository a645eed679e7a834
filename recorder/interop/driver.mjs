// The TypeScript side of the interop tests: holds any number of members by name and does
// what it is told, one JSON object a line each way on standard input and output. Bytes are
// base64. Everything is done as the browser does it: published ts-mls, suite 1, commits as
// public messages, state encoded and decoded again where the test asks for it.
import { createInterface } from 'node:readline'
// The index of ts-mls also loads a second set of algorithms, whose packages we do not install.
import { createGroup, decodeGroupState, encodeGroupState, joinGroup } from 'ts-mls/clientState.js'
import { defaultClientConfig } from 'ts-mls/clientConfig.js'
import { createCommit } from 'ts-mls/createCommit.js'
import { createApplicationMessage } from 'ts-mls/createMessage.js'
import { getCiphersuiteFromName } from 'ts-mls/crypto/ciphersuite.js'
import { getCiphersuiteImpl } from 'ts-mls/crypto/getCiphersuiteImpl.js'
import { defaultCapabilities } from 'ts-mls/defaultCapabilities.js'
import { acceptAll } from 'ts-mls/incomingMessageAction.js'
import { generateKeyPackageWithKey } from 'ts-mls/keyPackage.js'
import { mlsExporter } from 'ts-mls/keySchedule.js'
import { decodeMlsMessage, encodeMlsMessage } from 'ts-mls/message.js'
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js'
import { processMessage } from 'ts-mls/processMessages.js'
import { emptyPskIndex } from 'ts-mls/pskIndex.js'

const cs = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'))
const config = { ...defaultClientConfig, keyRetentionConfig: { ...defaultClientConfig.keyRetentionConfig, maximumForwardRatchetSteps: 5000 } }
const members = new Map()
const b64 = bytes => Buffer.from(bytes).toString('base64')
const bytes = text => new Uint8Array(Buffer.from(text ?? '', 'base64'))
const text = b => new TextDecoder().decode(b)

function decode(message, wireformat) {
  const m = decodeMlsMessage(bytes(message), 0)?.[0]
  if (m?.wireformat !== wireformat) throw new Error(`not a ${wireformat}`)
  return m
}

const one = name => {
  const m = members.get(name)
  if (!m) throw new Error(`no member ${name}`)
  return m
}

const roster = state => state.ratchetTree.flatMap((node, i) => node?.nodeType === 'leaf' ? [{ index: i / 2, identity: text(node.leaf.credential.identity) }] : [])

// receive opens a message with its sender and authenticated data, which processMessage does
// not tell.
async function receive(state, pm) {
  const now = pm.epoch === state.groupContext.epoch
  const at = now
    ? { senderDataSecret: state.keySchedule.senderDataSecret, secretTree: state.secretTree, ratchetTree: state.ratchetTree, groupContext: state.groupContext }
    : state.historicalReceiverData.get(pm.epoch)
  if (!at) throw new Error('epoch')
  const { content, tree } = await unprotectPrivateMessage(at.senderDataSecret, pm, at.secretTree, at.ratchetTree, at.groupContext, config.keyRetentionConfig, cs)
  if (content.content.contentType !== 'application') throw new Error('not an application message')
  const next = now
    ? { ...state, secretTree: tree }
    : { ...state, historicalReceiverData: new Map(state.historicalReceiverData).set(pm.epoch, { ...at, secretTree: tree }) }
  return { content: content.content, next }
}

const ops = {
  // package makes a key package; the same name and identity keep their signature key.
  async package({ name, identity, fresh, lastResort }) {
    const m = members.get(name) ?? {}
    if (!m.keys || fresh) m.keys = await cs.signature.keygen()
    const now = BigInt(Math.floor(Date.now() / 1000))
    m.package = await generateKeyPackageWithKey({ credentialType: 'basic', identity: new TextEncoder().encode(identity) },
      defaultCapabilities(), { notBefore: now - 3600n, notAfter: now + 20n * 86400n },
      lastResort ? [{ extensionType: 0x000a, extensionData: new Uint8Array() }] : [], m.keys, cs)
    members.set(name, m)
    return { package: b64(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: m.package.publicPackage })) }
  },
  async create({ name, group }) {
    const m = one(name)
    m.state = await createGroup(bytes(group), m.package.publicPackage, m.package.privatePackage, [], cs, config)
  },
  async join({ name, welcome }) {
    const m = one(name)
    m.state = await joinGroup(decode(welcome, 'mls_welcome').welcome, m.package.publicPackage, m.package.privatePackage, emptyPskIndex, cs, undefined, undefined, config)
  },
  // commit stages; merge keeps it. Until then the old state stays, as after a lost race.
  async commit({ name, add = [], remove = [], private: hidden }) {
    const m = one(name)
    const extraProposals = [
      ...remove.map(removed => ({ proposalType: 'remove', remove: { removed } })),
      ...add.map(p => ({ proposalType: 'add', add: { keyPackage: decode(p, 'mls_key_package').keyPackage } })),
    ]
    const r = await createCommit({ state: m.state, cipherSuite: cs }, { extraProposals, wireAsPublicMessage: !hidden, ratchetTreeExtension: true })
    m.staged = r.newState
    return { commit: b64(encodeMlsMessage(r.commit)), welcome: r.welcome && b64(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: r.welcome })) }
  },
  async merge({ name }) {
    const m = one(name)
    m.state = m.staged
  },
  async process({ name, message }) {
    const m = one(name)
    const r = await processMessage(decode(message, 'mls_public_message'), m.state, emptyPskIndex, acceptAll, cs)
    m.state = r.newState
  },
  async send({ name, text, aad }) {
    const m = one(name)
    const r = await createApplicationMessage(m.state, bytes(text), cs, bytes(aad))
    m.state = r.newState
    return { message: b64(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage: r.privateMessage })) }
  },
  async open({ name, message }) {
    const m = one(name)
    const { content, next } = await receive(m.state, decode(message, 'mls_private_message').privateMessage)
    m.state = next
    return { text: b64(content.applicationData), aad: b64(content.authenticatedData), sender: content.sender.leafIndex }
  },
  async info({ name }) {
    const { state } = one(name)
    return { epoch: Number(state.groupContext.epoch), authenticator: b64(state.keySchedule.epochAuthenticator), roster: roster(state), active: state.groupActiveState.kind }
  },
  async export({ name, label, context, length }) {
    return { secret: b64(await mlsExporter(one(name).state.keySchedule.exporterSecret, label, bytes(context), length, cs)) }
  },
  async reload({ name }) {
    const m = one(name)
    m.state = { ...decodeGroupState(encodeGroupState(m.state), 0)[0], clientConfig: config }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...args } = JSON.parse(line)
  let answer
  try {
    answer = { ...await ops[op](args) }
  } catch (e) {
    answer = { error: `${e?.name}: ${e?.message}` }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
