# 演示编辑部的几个小函数，教程和指南里的命令都用它们。先启动演示（make run），再在另一个终端：
#   source docs/examples/demo.sh
export TIANFU_URL=${TIANFU_URL:-http://127.0.0.1:8000}
export TIANFU_DATA_DIR=${TIANFU_DATA_DIR:-var/demo}
# 装在 .venv 里的 tianfu 和 python3 先找到。
[ -d .venv/bin ] && export PATH="$PWD/.venv/bin:$PATH"

# note keys.app、note outlet_id、note reader_id：演示时记下的密钥和编号。
note() {
  python3 -c 'import functools, json, sys
notes = json.load(open(sys.argv[1] + "/demo.json", encoding="utf-8"))
print(functools.reduce(lambda part, name: part[name], sys.argv[2].split("."), notes))' "$TIANFU_DATA_DIR" "$1"
}

# call 角色 方法 路径 [JSON]：用演示里这个角色的密钥调用一次，打印回答；出错时也打印，并以非零结束。
call() {
  curl -sS --fail-with-body -X "$2" "$TIANFU_URL$3" -H "Authorization: Bearer $(note "keys.$1")" \
    ${4:+-H "Content-Type: application/json" -d "$4"}
}

# pick 'items.0.story_id'：从 JSON 里取一个值；省略名字就整齐地打印全部。
pick() {
  python3 -c 'import functools, json, sys
found = json.load(sys.stdin)
for name in filter(None, sys.argv[1].split(".")):
    found = found[int(name) if isinstance(found, list) else name]
print(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2))' "${1:-}"
}
