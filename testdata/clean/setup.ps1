Write-Host "Café"
