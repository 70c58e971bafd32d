// acp_editor.mjs COMMAND...: an editor, by the Agent Client Protocol's own SDK of npm: it can do all that an editor does, asks
// four things, and prints what comes of them, a line of JSON each. The agent writes greeting.txt where it stands.
import { spawn } from 'child_process';
import { Readable, Writable } from 'stream';
import * as acp from '@agentclientprotocol/sdk';

const { methods } = acp;
const [program, ...words] = process.argv.slice(2);
const agent = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
const say = (what, value) => console.log(JSON.stringify([what, value]));
const asked = [];
let text = '', heard = () => {}, answer = 'allow';

const one = acp.client({ name: 'live' })
    .onNotification(methods.client.session.update, ({ params: { update } }) => {
        if (update.sessionUpdate === 'agent_message_chunk') {
            text += update.content.text ?? '';
            heard();
        }
    })
    .onRequest(methods.client.session.requestPermission, ({ params: { options, toolCall } }) => {
        say('permission', [toolCall.kind ?? null, (toolCall.locations ?? []).map((place) => place.path)]);
        const option = options.find(({ kind }) => kind === (answer === 'allow' ? 'allow_once' : 'reject_once'));
        return { outcome: { outcome: 'selected', optionId: option.optionId } };
    })
    .onRequest(methods.client.fs.writeTextFile, () => { asked.push('write'); return {}; })
    .onRequest(methods.client.fs.readTextFile, () => { asked.push('read'); return { content: 'of outside' }; })
    .onRequest(methods.client.terminal.create, () => { asked.push('terminal'); return { terminalId: '1' }; });

const prompt = async (context, sessionId, words) => {
    text = '';
    const { stopReason } = await context.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text: words }] });
    return [stopReason, text];
};

await one.connectWith(acp.ndJsonStream(Writable.toWeb(agent.stdin), Readable.toWeb(agent.stdout)), async (context) => {
    const begun = await context.request(methods.agent.initialize, {
        protocolVersion: acp.PROTOCOL_VERSION,
        clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: true },
    });
    say('ways', begun.authMethods.filter((way) => way.type || way._meta));
    const { sessionId } = await context.request(methods.agent.session.new, { cwd: process.cwd(), mcpServers: [
        { name: 'outside', command: '/usr/bin/env', args: [], env: [{ name: 'TOKEN', value: 'of-the-editor' }] }] });
    say('prompt', await prompt(context, sessionId, 'hello'));
    if (process.env.WRITES) {
        // Where it asks a person, not its model.
        await context.request(methods.agent.session.setMode, { sessionId, modeId: 'default' });
        say('write', await prompt(context, sessionId, `put a greeting into ${process.cwd()}/greeting.txt`));
    }
    const slow = prompt(context, sessionId, 'take your time');
    await new Promise((done) => { heard = done; });
    await context.notify(methods.agent.session.cancel, { sessionId });
    say('cancel', (await slow)[0]);
    say('asked', asked);
});
agent.stdin.end();
agent.on('exit', (code) => { say('exit', code); process.exit(); });
setTimeout(() => agent.kill(), 5000).unref();
