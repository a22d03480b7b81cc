# Счётчик и запрос к SQLбазе: с, о, а
名前_x = 1
Δx = α_max * dν + kΩ
café = "со"  # co
co = HTTPсервер = None
