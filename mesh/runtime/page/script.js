"use strict";
const said = document.getElementById("said");
const shown = new WeakMap();

const tell = (button, words) => {
  const text = button.firstChild;
  clearTimeout(shown.get(button));
  text.data = words;
  said.textContent = words;
  shown.set(button, setTimeout(() => { text.data = "Copy"; said.textContent = ""; }, 2000));
};

for (const button of document.querySelectorAll("button.copy")) {
  const code = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      tell(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code);
      tell(button, "Selected");
    }
  });
}

// The address names the chosen client, so that it can be handed on: .../#cursor.
const choose = () => {
  const choice = document.getElementById("pick-" + location.hash.slice(1));
  if (choice) choice.checked = true;
};
addEventListener("hashchange", choose);
choose();
for (const choice of document.querySelectorAll("input[name=client]")) {
  choice.addEventListener("change", () => {
    history.replaceState(null, "", "#" + choice.id.slice(5));
  });
}
