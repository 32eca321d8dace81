// Phones, one for each robot or number, as their messages come in. Plain text is never taken for HTML.
"use strict";

const MOST_PHONES = 60; // the ones that got something last
const MOST_MESSAGES = 40; // on one screen
const phones = new Map(); // address → {address, node, screen, text}
const counts = { wecom: 0, sms: 0, urgent: 0 };
const $ = (id) => document.getElementById(id);

function beijing(instant) {
  return new Date(instant).toLocaleString("zh-CN", {
    timeZone: "Asia/Shanghai", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false,
  });
}

// WeCom's markdown, as far as it goes: bold, coloured words, quoted lines.
function inline(parent, text) {
  const pattern = /\*\*(.+?)\*\*|<font color="(warning|info|comment)">(.*?)<\/font>/g;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parent.append(text.slice(last, match.index));
    const node = document.createElement(match[1] === undefined ? "span" : "strong");
    if (match[2]) node.className = match[2];
    inline(node, match[1] ?? match[3]);
    parent.append(node);
    last = match.index + match[0].length;
  }
  parent.append(text.slice(last));
}

function bubble(message) {
  const node = document.createElement("div");
  node.className = "bubble";
  for (const line of message.body.split("\n")) {
    if (!line.trim()) continue;
    const quoted = message.form === "markdown" && line.startsWith("> ");
    const part = document.createElement(quoted ? "blockquote" : "p");
    if (message.form === "markdown") inline(part, quoted ? line.slice(2) : line);
    else part.textContent = line;
    node.append(part);
  }
  return node;
}

function urgent(message) {
  return message.body.split("\n", 1)[0].includes("紧急") || (message.channel === "sms" && message.body.includes("检出"));
}

function phoneOf(message) {
  const address = message.channel + " " + message.to;
  let phone = phones.get(address);
  if (!phone) {
    const node = $("phone").content.firstElementChild.cloneNode(true);
    node.classList.add(message.channel);
    node.querySelector(".badge").textContent = message.channel === "sms" ? "短信" : "企业微信";
    phone = { address, node, screen: node.querySelector(".screen"), text: "" };
    phones.set(address, phone);
  }
  const name = message.label ?? message.to;
  phone.node.querySelector(".who").textContent = name;
  phone.node.querySelector(".who").title = message.to;
  phone.text = `${phone.text}${name} ${message.to} ${message.body}\n`.slice(-20000);
  return phone;
}

function show(message) {
  const phone = phoneOf(message);
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = beijing(message.at);
  item.append(time, bubble(message));
  if (urgent(message)) { item.classList.add("urgent"); counts.urgent += 1; }
  phone.screen.append(item);
  while (phone.screen.children.length > MOST_MESSAGES) phone.screen.firstElementChild.remove();
  phone.screen.scrollTop = phone.screen.scrollHeight;
  counts[message.channel] += 1;
  $("now").textContent = beijing(message.at);
  return phone;
}

let touched = new Set();
function draw() {
  // the phones that got something since the last frame come first, the rest stay in their order
  const list = $("phones");
  for (const phone of touched) {
    phones.delete(phone.address);
    phones.set(phone.address, phone); // the map is in the order of the last message
    if (!wanted()) list.prepend(phone.node);
    phone.screen.scrollTop = phone.screen.scrollHeight;
    phone.node.classList.remove("fresh");
    void phone.node.offsetWidth; // restarts the animation
    phone.node.classList.add("fresh");
  }
  touched = new Set();
  while (list.children.length > MOST_PHONES) list.lastElementChild.remove();
  $("empty").hidden = phones.size > 0;
  $("phones-count").textContent = phones.size;
  $("wecom-count").textContent = counts.wecom;
  $("sms-count").textContent = counts.sms;
  $("urgent-count").textContent = counts.urgent;
  if (wanted()) find();
}

function wanted() { return $("find").value.trim(); }

// Of all phones there are, the latest ones that hold what is looked for.
function find() {
  const text = wanted();
  const found = [...phones.values()].reverse().filter((phone) => phone.text.includes(text)).slice(0, MOST_PHONES);
  $("phones").replaceChildren(...found.map((phone) => phone.node));
  for (const phone of found) phone.screen.scrollTop = phone.screen.scrollHeight;
}

let waiting = false;
function take(event) {
  touched.add(show(JSON.parse(event.data)));
  if (!waiting) {
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }
}

const events = new EventSource("/events");
events.onmessage = take;
events.onopen = () => { $("state").textContent = "实时更新"; $("state").className = "live"; };
events.onerror = () => { $("state").textContent = "连接断开，正在重连"; $("state").className = "lost"; };
$("find").addEventListener("input", find);
